"""Asked: what a call that brings a stack up is about: from its file, or as it was brought here."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.place import Place, options, place, stack_file
from seaway.cli.settings import Settings
from seaway.cli.show import Show

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved
    from seaway.model.release import Release
    from seaway.ports.vault import Vault

Asked: TypeAlias = "tuple[Place, Resolved, Vault]"
"""Where, what, and with which secrets."""


def asked_for(show: Show) -> Asked:
    """What is asked for; secrets that may be made are made, but with `--dry-run`.

    Raises:
        InvalidStack: something is wrong with it.
    """
    settings = show.settings
    if hosted.stack():
        return hosted.asked_for(settings)
    stack = wiring.read_stack(options(settings))
    here = place(stack.name, stack.environment)
    vault = wiring.open_vault(here.state)
    show.beside(here.claimed(stack_file(settings)))
    if settings.dry_run:
        return here, wiring.demanded(wiring.resolved(stack, vault.versions())), vault
    return here, wiring.ready_to_record(stack, vault), vault


def looked_at(settings: Settings) -> Asked:
    """The same, and nothing is changed; what another stack has here is among the findings.

    Raises:
        InvalidStack: something is wrong with it.
    """
    if hosted.stack():
        return hosted.asked_for(settings)
    stack = wiring.read_stack(options(settings))
    here = place(stack.name, stack.environment)
    vault = wiring.open_vault(here.state)
    found = wiring.demanded(wiring.resolved(stack, vault.versions()))
    claimed = here.claimed(stack_file(settings))
    return here, replace(found, findings=(*found.findings, *claimed)), vault


def chosen(settings: Settings, here: Place, release: "Release", *, claimed: bool = True) -> None:
    """Remember where it runs, and whose file it was, where it was that of a file.

    Raises:
        UsageError: SW236, it runs somewhere else.
    """
    wiring.choose_target(here.state, release)
    if claimed and not hosted.stack():
        here.claim(stack_file(settings))
