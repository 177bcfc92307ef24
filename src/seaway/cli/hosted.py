"""Hosted: how a command runs on a host, for somebody who called it on another machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeAlias

from seaway import wiring
from seaway.cli.place import HOSTED, Place, place
from seaway.cli.settings import Settings
from seaway.errors import UsageError
from seaway.targets.docker.carried import Carried
from seaway.values import understood

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved
    from seaway.model.stack import Stack
    from seaway.ports.component import SecretNeed
    from seaway.ports.vault import Vault

RELEASE, NEEDS, NAMED = "SEAWAY_HOSTED_RELEASE", "SEAWAY_HOSTED_NEEDS", "SEAWAY_HOSTED_AS"
"""Variables that tell a command there what it is about: the digest of the release that was brought,
which secrets the stack file names, and how the host is called from where people are."""
PASSED = (
    "SEAWAY_YES", "SEAWAY_DRY_RUN", "SEAWAY_FORMAT", "SEAWAY_TIMEOUT", "SEAWAY_VERBOSE",
    "SEAWAY_QUIET", "SEAWAY_NO_COLOR", "NO_COLOR", "TERM", "COLUMNS", "LINES",
)  # fmt: skip
"""Variables that say how a call is to be carried out and shown."""
Needs: TypeAlias = "tuple[SecretNeed, ...]"
LOCALHOST = "://localhost"


def surroundings(settings: Settings, stack: "Stack", host: str) -> dict[str, str]:
    """The environment of a call there."""
    passed = {name: wiring.ENVIRON[name] for name in PASSED if name in wiring.ENVIRON}
    return {
        **passed, HOSTED: stack.name, NAMED: host, "SEAWAY_LANG": settings.language.value,
        "SEAWAY_ENVIRONMENT": settings.environment,
    }  # fmt: skip


def stack() -> str:
    """The stack that this call is about; empty where it is found by its file, as usual."""
    return wiring.ENVIRON.get(HOSTED, "")


def reached(addresses: Sequence[str]) -> tuple[str, ...]:
    """Addresses on this machine, as they are opened from where people are."""
    host = wiring.ENVIRON.get(NAMED, "localhost")
    return tuple(each.replace(LOCALHOST, f"://{host}", 1) for each in addresses)


def asked_for(settings: Settings) -> "tuple[Place, Resolved, Vault]":
    """What was brought here to be put into place.

    Raises:
        UsageError: SW219, nothing was.
    """
    from seaway.engine.resolve import Resolved  # noqa: PLC0415 -- it loads what few calls need

    here = place(stack(), settings.environment)
    try:
        release = Carried(here.state).release(wiring.ENVIRON.get(RELEASE, ""))
    except FileNotFoundError as error:
        raise UsageError("SW219", workload=here.stack) from error
    needs, _ = secret_needs()
    return here, Resolved(release=release, secret_needs=needs), wiring.open_vault(here.state)


def secret_needs() -> tuple[Needs, Needs]:
    """The secrets that must be there, and those that may."""
    return needs_told(wiring.ENVIRON.get(NEEDS, "[[], []]"))


def needs_told(text: str) -> tuple[Needs, Needs]:
    """The same, as `told_needs` wrote it."""
    from seaway.ports.component import SecretNeed  # noqa: PLC0415 -- likewise

    told: Sequence[Sequence[Mapping[str, object]]] = json.loads(text)
    needed, optional = (tuple(understood(SecretNeed, each) for each in part) for part in told)
    return needed, optional


def told_needs(found: "Resolved") -> str:
    """The same for the other side to read; there is no value in it."""
    parts = (found.secret_needs, found.optional_secrets)
    return json.dumps([[asdict(each) for each in part] for part in parts])
