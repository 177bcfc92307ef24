"""Which stack this call is about: its file, its name and the folder of its state."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seaway import wiring
from seaway.cli.settings import Settings
from seaway.durable import make_folder, write_whole
from seaway.errors import DataRefused, NothingRunning, SeawayError, UsageError
from seaway.model.finding import Finding, Severity
from seaway.model.finding import Place as Spot
from seaway.model.release import Release
from seaway.stores.ledger import SqliteLedger
from seaway.targets.local.daemon import Waiting
from seaway.targets.local.state import StateFolder

FILE = "seaway.yaml"
HOSTED = "SEAWAY_HOSTED"
"""Set on a host that carries out a command for somebody elsewhere: the stack it is about."""
NAME_LINE = re.compile(r"""^name:[ \t]*["']?([a-z][a-z0-9-]*)["']?[ \t]*(?:#.*)?$""", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stack on this machine."""

    stack: str
    environment: str
    state: StateFolder

    def ledger(self) -> SqliteLedger:
        """Its ledger.

        Raises:
            NothingRunning: it was never started, or its state was removed.
        """
        if not self.state.ledger.exists():
            raise NothingRunning("SW624", stack=self.stack, environment=self.environment)
        return wiring.open_ledger(self.state)

    def wanted(self) -> Release | None:
        """The release that should run; looking makes no ledger where there is none."""
        if not self.state.ledger.exists():
            return None
        return wiring.open_ledger(self.state).wanted()

    @staticmethod
    def known(ledger: SqliteLedger, names: Sequence[str]) -> None:
        """Return when each name is a part of what runs.

        Raises:
            UsageError: one is not.
        """
        release = ledger.wanted()
        parts = [each.name for each in release.workloads] if release else []
        for name in names:
            if parts and name.partition(".")[0] not in parts:
                raise UsageError("SW502", name=name, known=", ".join(parts))

    def claimed(self, file: Path) -> tuple[Finding, ...]:
        """A warning where another stack file that is still there was brought up here last."""
        try:
            other = Path(self.state.origin.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return ()
        if not other.exists() or other.samefile(file):
            return ()
        facts = {"stack": self.stack, "other": str(other), "state": str(self.state.root)}
        at = Spot(file=str(file), path="name")
        return (Finding(code="SW631", severity=Severity.WARNING, at=at, facts=facts),)

    def claim(self, file: Path) -> None:
        """Remember which stack file was brought up here."""
        with suppress(FileNotFoundError):
            if self.state.origin.read_text(encoding="utf-8").strip() == str(file):
                return
        make_folder(self.state.root)
        write_whole(self.state.origin, f"{file}\n", durable=True)

    def refuse_moved(self) -> None:
        """Return where its data has not been moved to another environment.

        Raises:
            DataRefused: SW869, it has: to start on what is here would be to lose what is there.
        """
        try:
            told = json.loads(self.state.moved.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        raise DataRefused("SW869", stack=self.stack, there=told["to"])

    def alive(self) -> bool:
        """Whether a supervisor keeps it."""
        return bool(wiring.supervisor_pid(self.state))


def place_of(settings: Settings) -> Place:
    """The stack, by its name alone: what runs can be looked at while the file is being changed."""
    if hosted := wiring.ENVIRON.get(HOSTED):
        return place(hosted, settings.environment)
    name = named_in(settings) or wiring.read_stack(options(settings)).name
    return place(name, settings.environment)


def named_in(settings: Settings) -> str:
    """The name of the stack, without understanding its file; empty where that does not show it."""
    found = NAME_LINE.search(stack_file(settings).read_text(encoding="utf-8", errors="replace"))
    return found[1] if found else ""


def expect(settings: Settings) -> None:
    """Let a supervisor that waits make ready for the stack; a wrong guess does no harm."""
    if settings.waiting and (name := named_in(settings)):
        Waiting(*settings.waiting).expect(name, settings.environment)


def running_parts() -> tuple[str, ...]:
    """Names of what runs of the stack in this folder, for completion; none where that fails."""
    try:
        release = place_of(Settings()).wanted()
    except (SeawayError, OSError):
        return ()
    return tuple(each.name for each in release.workloads) if release else ()


def place(stack: str, environment: str) -> Place:
    """The stack of that name in that environment."""
    return Place(
        stack=stack, environment=environment, state=wiring.state_folder(stack, environment)
    )  # fmt: skip


def options(settings: Settings) -> wiring.StackOptions:
    """What to read the stack by."""
    return wiring.StackOptions(
        file=stack_file(settings), environment=settings.environment, sets=settings.sets
    )  # fmt: skip


def stack_file(settings: Settings) -> Path:
    """The file that was named, else the nearest one from this folder upwards.

    Raises:
        UsageError: there is none.
    """
    if settings.file:
        file = Path(settings.file).expanduser().absolute()
        file = file / FILE if file.is_dir() else file
        if not file.is_file():
            raise UsageError("SW613", file=settings.file)
        return file
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    raise UsageError("SW612", folder=str(here))
