"""secrets: passwords and keys, kept encrypted; never on the command line and never shown."""

import sys
from dataclasses import dataclass

import click

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.ask import agree, at_terminal, hidden
from seaway.cli.command import Command, Group
from seaway.cli.place import options, place_of
from seaway.cli.registry import secret_kept_here
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.engine.secrets import ensure, in_use, make, old, weakness
from seaway.errors import UsageError
from seaway.model.finding import Finding
from seaway.model.release import Release
from seaway.ports.component import SecretNeed
from seaway.ports.vault import Vault
from seaway.stores.clock import SystemClock
from seaway.targets.local.state import StateFolder

TABLE = {
    "generate": "seaway.cli.secrets:generate",
    "set": "seaway.cli.secrets:set_value",
    "list": "seaway.cli.secrets:list_all",
    "rotate": "seaway.cli.secrets:rotate",
    "import": "seaway.cli.secrets_import:import_file",
}
EXAMPLES = (
    "seaway secrets list",
    "seaway secrets set SMTP_PASSWORD",
    "pass show smtp | seaway secrets set SMTP_PASSWORD",
    "seaway secrets import .env",
)

Needs = tuple[SecretNeed, ...]

secrets = Group("secrets", TABLE, examples=EXAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Safe:
    """The vault of a stack, and what the stack needs in it."""

    vault: Vault
    needs: tuple[SecretNeed, ...]
    environment: str
    optional: frozenset[str] = frozenset()
    """Names of those that may be absent in this environment."""
    newest: Release | None = None
    """The newest release there is."""

    def need(self, name: str) -> SecretNeed:
        """The need of that name.

        Raises:
            UsageError: the stack names no such secret.
        """
        for each in self.needs:
            if each.name == name:
                return each
        raise UsageError("SW707", name=name, known=", ".join(each.name for each in self.needs))

    def in_place(self, name: str) -> bool:
        """Whether the newest release, if there is one, was made with the newest value."""
        there = self.vault.versions().get(name, 0)
        return self.newest is None or in_use(name, self.newest) == there

    def weak(self, need: SecretNeed) -> tuple[Finding, ...]:
        """What is wrong with the value there is."""
        return tuple(weakness(need, self.vault.read(need.name), self.environment))


def safe(settings: Settings) -> Safe:
    """The vault of the stack this call is about."""
    state, needed, may = _needs(settings)
    vault = wiring.open_vault(state)
    optional = frozenset(each.name for each in may)
    made = wiring.open_ledger(state).releases(1) if state.ledger.exists() else ()
    newest = made[0][0] if made else None
    return Safe(
        vault=vault, needs=(*needed, *may), environment=settings.environment, optional=optional,
        newest=newest,
    )  # fmt: skip


def _needs(settings: Settings) -> tuple[StateFolder, Needs, Needs]:
    """Where the vault is; the secrets that must be in it, and those that may."""
    if hosted.stack():
        return place_of(settings).state, *hosted.secret_needs()
    stack = wiring.read_stack(options(settings))
    state = wiring.state_folder(stack.name, stack.environment)
    found = wiring.resolved(stack, wiring.open_vault(state).versions())
    mine = tuple(SecretNeed(name=each) for each in (secret_kept_here(stack),) if each)
    return state, found.secret_needs, (*found.optional_secrets, *mine)


@click.command(
    cls=Command, examples=("seaway secrets generate", "seaway secrets generate JWT_SECRET")
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.pass_obj
def generate(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Make what is missing; those named are made anew where their value is too weak."""
    show, kept = Show(settings), safe(settings)
    wanted = [kept.need(name) for name in names] or list(kept.needs)
    for need in wanted if names else ():
        if not need.generate:
            raise UsageError("SW708", name=need.name)
        if need.name in kept.vault.versions() and kept.weak(need):
            make(need, kept.vault)
            show.note("note secret made", name=need.name)
    made = ensure([need for need in wanted if need.generate], kept.vault)
    for name in made:
        show.note("note secret made", name=name)
    show.note("note secrets there", Tone.GOOD, count=len(kept.vault.versions()))


@click.command("set", cls=Command, examples=EXAMPLES[1:3])
@click.argument("name", metavar="NAME")
@click.pass_obj
def set_value(settings: Settings, *, name: str) -> None:
    """Read a value and keep it."""
    show, kept = Show(settings), safe(settings)
    need = kept.need(name)
    value = _asked(show, name) if at_terminal() else _piped(name)
    weak = tuple(weakness(need, value, kept.environment))
    for finding in weak:
        show.finding(finding, show.stderr)
    version = kept.vault.write(name, value)
    show.note("note secret kept", Tone.GOOD, name=name, version=version)


def _asked(show: Show, name: str) -> str:
    value = hidden(show, "ask secret", name=name)
    if not value or value != hidden(show, "ask secret again", name=name):
        raise UsageError("SW634", name=name)
    return value


def _piped(name: str) -> str:
    value = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError("SW625", name=name)
    return value


@click.command(
    "list", cls=Command, examples=("seaway secrets list", "seaway secrets list --format json")
)
@click.pass_obj
def list_all(settings: Settings) -> None:
    """Show names, versions and states; no values."""
    show, kept = Show(settings), safe(settings)
    rows = [(need, kept.vault.versions().get(need.name, 0)) for need in kept.needs]
    states = [(need.name, version, _state(kept, need, version)) for need, version in rows]
    if settings.format is Format.TABLE:
        tones = {"set": Tone.GOOD, "made later": Tone.BESIDE, "optional": Tone.BESIDE}
        show.table(
            ("secret", "version", "state"),
            [
                (
                    Cell(name), Cell(str(version or "-")),
                    Cell(show.told(f"secret {state}"), tones.get(state, Tone.BAD)),
                )
                for name, version, state in states
            ],
        )  # fmt: skip
        return
    values = [{"name": name, "version": version, "state": state} for name, version, state in states]
    if settings.format is Format.JSON:
        show.json(values)
    for value in values if settings.format is Format.NDJSON else ():
        show.json(value, indent=None)


def _state(kept: Safe, need: SecretNeed, version: int) -> str:
    if not version and need.name in kept.optional:
        return "optional"
    if not version:
        return "made later" if need.generate else "missing"
    if kept.weak(need):
        return "weak"
    return "old" if old(need, kept.vault, SystemClock().now()) else "set"


@click.command(cls=Command, examples=("seaway secrets rotate JWT_SECRET",))
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.pass_obj
def rotate(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Make new values; the parts that use them follow at the next `up`."""
    show, kept = Show(settings), safe(settings)
    needs = [kept.need(name) for name in names]
    for need in needs:
        if not need.generate:
            raise UsageError("SW628", name=need.name)
        if not need.rotates:
            raise UsageError("SW709", name=need.name)
        if need.keep and not kept.in_place(need.name):
            raise UsageError("SW710", name=need.name)
    if settings.dry_run:
        return
    agree(show, "ask rotate", names=", ".join(names))
    for need in needs:
        before = kept.vault.read(need.name) if need.name in kept.vault.versions() else ""
        version = make(need, kept.vault, before)
        show.note("note secret kept", Tone.GOOD, name=need.name, version=version)
    show.note("note secret use")
