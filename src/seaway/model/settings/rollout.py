"""How a new release takes over, and how an instance is asked to end, as people write it."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from seaway.model.quantity import Duration, Percent, shown_duration
from seaway.model.settings.form import FORM, Word, refuse, word
from seaway.model.settings.program import Run
from seaway.model.workload import Rollout, Stopping

_CONDITION = re.compile(r"> ?[0-9]{1,9}(\.[0-9]{1,6})? ?(%|x|ms|s)")


def _condition(given: str) -> str:
    if not _CONDITION.fullmatch(given):
        raise refuse("SW149", found=given)
    return given


WATCH = timedelta(minutes=1)
"""Where something is to be judged, and nothing says how long."""
Condition = Annotated[Word, AfterValidator(_condition)]
"""`> 1%`, `> 2x` of before, or `> 800ms`."""


class Before(BaseModel):
    """A command that runs once for each release, before the first new copy."""

    model_config = FORM

    run: Run
    """An argument list, or a line without shell operators."""
    timeout: Duration | None = None


class RollbackIf(BaseModel):
    """What makes a release go back by itself while it is watched."""

    model_config = FORM

    errors: Condition | None = None
    p95: Condition | None = None
    lasting: Duration | None = Field(default=None, alias="for")
    """How long it must hold."""


class RolloutForm(BaseModel):
    """How a new release takes over."""

    model_config = FORM

    strategy: Literal["rolling", "blue-green", "canary"] = "rolling"
    """One by one, all at once beside the old, or a few first."""
    drain: Duration = Rollout().drain
    """How long requests, streams or jobs in hand may go on."""
    watch: Duration | None = None
    """How long a new release is on trial; where `rollback_if` or a canary asks for one, 1 min."""
    share: Annotated[Percent, Field(gt=0, lt=100)] = 100 * Rollout().share
    """With `canary`: the share of requests that the first new copies get."""
    before: Annotated[
        Before | None,
        BeforeValidator(word("run", (str, list)), json_schema_input_type=str | list[str] | Before),
    ] = None
    """A command run once for each release, before the first new copy."""
    rollback_if: RollbackIf | None = None
    """What makes it go back by itself."""

    @property
    def rollout(self) -> Rollout:
        """The same for a workload."""
        given = self.rollback_if or RollbackIf()
        lasting = shown_duration(given.lasting) if given.lasting else None
        written = {"errors": given.errors, "p95": given.p95, "for": lasting}
        conditions = {name: text for name, text in written.items() if text}
        judged = conditions or self.strategy == "canary"
        watch = self.watch if self.watch is not None else WATCH if judged else Rollout().watch
        return Rollout(
            strategy=self.strategy, drain=self.drain, watch=watch, rollback_if=conditions,
            share=self.share / 100,
        )  # fmt: skip


class Stop(BaseModel):
    """How it is asked to end."""

    model_config = FORM

    grace: Duration | None = None
    """How long it may take before it is killed; by default 10 s more than its longest route."""
    signal: Literal["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] = "SIGTERM"

    def stopping(self, usual: Duration) -> Stopping:
        """The same for a workload, with a grace for when none is written."""
        return Stopping(signal=self.signal, grace=usual if self.grace is None else self.grace)


RolloutSetting = Annotated[
    RolloutForm, BeforeValidator(word("strategy"), json_schema_input_type=str | RolloutForm)
]
StopSetting = Annotated[Stop, BeforeValidator(word("grace"), json_schema_input_type=str | Stop)]
