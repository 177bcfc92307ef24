"""What a service may use, how many copies there are, and how its logs are kept."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from seaway.model.quantity import Cpu, Duration, Percent, Size
from seaway.model.scaling import APART, QUIET, Scaling
from seaway.model.settings.form import FORM, Count, Word, refuse, word
from seaway.model.workload import Limits, LogFiles, LogKeeping

MOST_REPLICAS = 1000
_RANGE = re.compile(r"([0-9]{1,6}) ?\.\. ?([0-9]{1,6})")


class Resources(BaseModel):
    """Most it may use; nothing given is no limit."""

    model_config = FORM

    cpu: Cpu = 0.0
    """Processors."""
    memory: Size = 0
    """Of the whole process tree."""
    pids: Count = 0
    """Processes and threads."""
    files: Count = 0
    """Open files for each process."""

    @property
    def limits(self) -> Limits:
        """The same for a workload."""
        return Limits(cpu=self.cpu, memory=self.memory, pids=self.pids, files=self.files)


class Replicas(BaseModel):
    """How many copies: always so many, or between two numbers."""

    model_config = FORM

    least: Annotated[Count, Field(le=MOST_REPLICAS)] = 1
    most: Annotated[Count, Field(le=MOST_REPLICAS)] = 1

    @property
    def fixed(self) -> bool:
        """Whether it never changes by itself."""
        return self.least == self.most

    def __str__(self) -> str:
        return str(self.least) if self.fixed else f"{self.least}..{self.most}"


def replicas(given: object) -> object:
    """`2` or `2..10` as least and most.

    Raises:
        PydanticCustomError: SW148 for anything else.
    """
    if isinstance(given, Replicas):
        return given
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_REPLICAS:
        return {"least": given, "most": given}
    found = _RANGE.fullmatch(given) if isinstance(given, str) else None
    if not found or not 0 < int(found[1]) <= int(found[2]) <= MOST_REPLICAS:
        raise refuse("SW148", found=str(given)[:80], most=MOST_REPLICAS)
    return {"least": int(found[1]), "most": int(found[2])}


class Scale(BaseModel):
    """By what the number of copies is decided between least and most."""

    model_config = FORM

    queue: Word | None = None
    """A queue, as `store/name`."""
    target: Count | None = None
    """Waiting jobs for each copy."""
    cpu: Percent | None = None
    rps: Count | None = None
    """Requests each second for each copy."""
    p95: Duration | None = None
    """In which 95 of 100 requests are answered."""
    down_after: Annotated[Duration, Field(ge=APART, le=timedelta(days=1))] = QUIET
    """How long fewer copies must have been enough before one goes."""

    def scaling(self, replicas: Replicas) -> Scaling | None:
        """The same for a workload; None where there is nothing to decide."""
        if replicas.fixed:
            return None
        return Scaling(
            least=replicas.least, most=replicas.most, cpu=(self.cpu or 0) / 100,
            rps=self.rps or 0, p95=self.p95.total_seconds() if self.p95 else 0.0,
            queue=(self.queue or "").rpartition("/")[2],
            waiting=(self.target or 0) if self.queue else 0, quiet=self.down_after,
        )  # fmt: skip


class Kept(BaseModel):
    """How many log files of which size are kept."""

    model_config = FORM

    size: Annotated[Size, Field(ge=1000)] = LogKeeping().size
    """Of one file before the next is begun."""
    files: Annotated[Count, Field(ge=1, le=1000)] = LogKeeping().files
    """How many are kept."""


class Logs(Kept):
    """How log files are kept (R155)."""

    errors: Kept | None = None
    """How what goes to stderr is kept besides, in files of its own: for longer, as a rule."""

    @property
    def keeping(self) -> LogKeeping:
        """The same for a workload."""
        errors = self.errors
        more = LogFiles(size=errors.size, files=errors.files) if errors else None
        return LogKeeping(size=self.size, files=self.files, errors=more)


ReplicasSetting = Annotated[
    Replicas,
    BeforeValidator(replicas),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MOST_REPLICAS},
                {"type": "string", "pattern": f"^{_RANGE.pattern}$"},
            ],
            "examples": [2, "2..10"],
        },
        mode="validation",
    ),
]
LogsSetting = Annotated[Logs, BeforeValidator(word("size"), json_schema_input_type=str | Logs)]
