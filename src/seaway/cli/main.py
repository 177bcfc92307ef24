"""The command `seaway`: lists the commands, and turns every way a call can end into a status."""

import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from seaway.cli.command import Group, Option
from seaway.cli.settings import Settings, language_of
from seaway.errors import Interrupted, SeawayError

if TYPE_CHECKING:
    from seaway.targets.local.ahead import Pipe

COMMANDS = {
    "new": "seaway.cli.new:new",
    "check": "seaway.cli.check:check",
    "explain": "seaway.cli.explain:explain",
    "plan": "seaway.cli.plan:plan",
    "up": "seaway.cli.up:up",
    "deploy": "seaway.cli.deploy:deploy",
    "releases": "seaway.cli.releases:releases",
    "rollback": "seaway.cli.rollback:rollback",
    "down": "seaway.cli.down:down",
    "status": "seaway.cli.status:status",
    "wait": "seaway.cli.wait:wait",
    "logs": "seaway.cli.logs:logs",
    "exec": "seaway.cli.execute:execute",
    "backup": "seaway.cli.backup:backup",
    "backups": "seaway.cli.backups:backups",
    "restore": "seaway.cli.restore:restore",
    "drill": "seaway.cli.drill:drill",
    "move": "seaway.cli.move:move",
    "upgrade": "seaway.cli.upgrade:upgrade",
    "restart": "seaway.cli.restart:restart",
    "scale": "seaway.cli.scale:scale",
    "failover": "seaway.cli.failover:failover",
    "simulate": "seaway.cli.simulate:command",
    "secrets": "seaway.cli.secrets:secrets",
    "jobs": "seaway.cli.jobs:jobs",
    "doctor": "seaway.cli.doctor:doctor",
    "install": "seaway.cli.install:command",
    "host": "seaway.cli.host:host",
    "bundle": "seaway.cli.bundle:command",
    "verify": "seaway.cli.verify:verify",
    "render": "seaway.cli.render:render",
    "eject": "seaway.cli.eject:eject",
    "completion": "seaway.cli.completion:completion",
    "_supervise": "seaway.cli.supervise:supervise",
    "_save": "seaway.cli.save:save",
    "_reside": "seaway.cli.reside:reside",
    "_receive": "seaway.cli.receive:receive",
    "_diagnose": "seaway.cli.diagnose:diagnose",
}
"""Name to "module:command", loaded when named; a name that starts with `_` is not listed."""

LATER = frozenset({
    "bench",
    "audit", "import", "dashboard",
})  # fmt: skip
"""Promised, and not built yet."""

EXAMPLES = (
    "seaway new shop",
    "seaway up",
    "seaway status --format json",
    "seaway logs api --follow",
)


NO_THREAD = "can't start new thread"
"""What `threading` raises in place of the system's own error (EAGAIN, clone(2))."""


def root() -> Group:
    """The whole command line."""
    made = Group("seaway", COMMANDS, later=LATER, examples=EXAMPLES, named=True)
    version = Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, help="option version",
        callback=_version,
    )  # fmt: skip
    made.params.insert(0, version)
    return made


def main(waiting: "Pipe | None" = None) -> None:
    """Run one command and end with its status; `waiting` is a supervisor that it may need."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign still gets the rest
    sys.unraisablehook = _nothing
    leave(run(sys.argv[1:], waiting))


def _nothing(_: object) -> None:
    """Say nothing of what Python had begun to make and could not take apart: nothing depends on it.

    The error that stopped it in the making is told as any other.
    """


def leave(status: int) -> NoReturn:
    """End at once: to take everything apart would take longer than many a call."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads any more, and that was dealt with
            stream.flush()
    os._exit(status)


def ended(problem: BaseException, arguments: Sequence[str], settings: Settings) -> int:
    """Tell what ended a call; return its exit status."""
    return _told(_as_error(problem, arguments), settings)


def run(arguments: Sequence[str], waiting: "Pipe | None" = None) -> int:
    """Run one command; return its exit status, from the table of statuses."""
    environment = os.environ  # noqa: TID251 -- mistakes are told before anything else is loaded
    language = language_of(arguments, environment)
    settings = Settings(language=language, arguments=tuple(arguments), waiting=waiting)
    try:
        return _called(arguments, settings)
    except BrokenPipeError:
        return _hung_up()
    except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001 -- the command line's edge
        return ended(problem, arguments, settings)


def _as_error(problem: BaseException, arguments: Sequence[str]) -> SeawayError:
    """Whatever ended a call, as an error with words for people."""
    match problem:
        case SeawayError():
            return problem
        case click.ClickException():
            from seaway.cli.usage import translated  # noqa: PLC0415 -- loaded when needed

            return translated(problem)
        case KeyboardInterrupt() | click.Abort():
            return Interrupted("SW620", told=True)
        case OSError():
            words = problem.strerror or str(problem)
            return SeawayError("SW637", path=problem.filename or "?", problem=words)
        case RuntimeError() if str(problem) == NO_THREAD:
            return SeawayError("SW637", path="?", problem=os.strerror(errno.EAGAIN))
        case _:
            from seaway.cli.fault import reported  # noqa: PLC0415 -- loaded when needed

            return reported(problem, verbose=bool({"-v", "--verbose"} & {*arguments}))


def _called(arguments: Sequence[str], settings: Settings) -> int:
    """The status that a command asked for; 0 unless it did."""
    try:
        status: object = root().main(
            list(arguments), prog_name="seaway", standalone_mode=False, obj=settings
        )
        sys.stdout.flush()
    except ExceptionGroup as group:
        raise _single(group) from group
    return status if isinstance(status, int) else 0


def _single(error: BaseException) -> BaseException:
    """The first error of tasks that failed together; an error alone is itself."""
    inner: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return _single(inner[0]) if inner else error


def _told(error: SeawayError, settings: Settings) -> int:
    from seaway.cli.show import Show  # noqa: PLC0415 -- loaded when needed

    try:
        Show(settings).error(error)
    except BrokenPipeError:
        return _hung_up()
    return error.status


def _hung_up() -> int:
    """The reader has left, as `head` does: nothing more to say, and nothing went wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click calls it so
    del param
    if value and not ctx.resilient_parsing:
        from seaway import __version__  # noqa: PLC0415 -- loaded when needed

        click.echo(f"seaway {__version__}")
        ctx.exit()
