"""Remembered: what a stack file became when it was last brought up, while nothing has changed.

To understand a file takes as long as a server's start. So `up` begins with what it became before,
and reads it while that starts; should it say something else after all, that is what happens next.
"""

import hashlib
import json
import re
from dataclasses import replace
from typing import TypedDict

from seaway import __version__, wiring
from seaway.cli.begin import Begun, begin
from seaway.cli.place import Place, named_in, place, stack_file
from seaway.cli.show import Show
from seaway.durable import write_whole
from seaway.model.release import Release
from seaway.ports.ledger import Verdict

ENVIRONMENT = re.compile(r"env:(\w+)")


class _Told(TypedDict):
    asked: str
    release: int


def asked(show: Show) -> str:
    """A digest of all that the file's meaning depends on, but for sources and secrets."""
    settings = show.settings
    file = stack_file(settings)
    text = file.read_text(encoding="utf-8", errors="replace")
    names = sorted({*ENVIRONMENT.findall("\n".join((text, *settings.sets)))})
    values = [f"{name}={wiring.ENVIRON.get(name)}" for name in names]
    parts = (__version__, str(file), text, settings.environment, *settings.sets, *values)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


async def begin_again(show: Show, what: str) -> Begun | None:
    """Begin what was asked for just so before, and was good; None where that is not certain."""
    name = named_in(show.settings)
    if show.settings.dry_run or not name:
        return None
    here = place(name, show.settings.environment)
    release = _release(here, what)
    return await begin(show, here, release) if release else None


def remember(here: Place, what: str, release: Release) -> None:
    """What was asked for became this."""
    told = _Told(asked=_with_secrets(here, what), release=release.number)
    write_whole(here.state.remembered, json.dumps(told))


def take_back(here: Place) -> None:
    """It is not what is wanted: stop it."""
    wiring.open_ledger(here.state).want_nothing()
    wiring.wake(here.state)


def untouched(here: Place, release: Release) -> bool:
    """Whether nothing runs or is to run here, and all data of a release is there."""
    if here.alive() or not here.state.ledger.exists() or any(here.state.instances.glob("*")):
        return False
    volumes = ((each.name, volume.name) for each in release.workloads for volume in each.volumes)
    if not all(here.state.volume(*names).exists() for names in volumes):
        return False
    return wiring.open_ledger(here.state).wanted() is None


def _release(here: Place, what: str) -> Release | None:
    try:
        told: _Told = json.loads(here.state.remembered.read_text())
    except (FileNotFoundError, ValueError):
        return None
    if told["asked"] != _with_secrets(here, what) or not here.state.ledger.exists():
        return None
    found = wiring.open_ledger(here.state).find(told["release"])
    if found is None or found[1] is not Verdict.GOOD:
        return None
    release, _ = found
    if not untouched(here, release) or not wiring.same_sources(release):
        return None
    return replace(release, created=None, why="")


def _with_secrets(here: Place, what: str) -> str:
    try:
        return hashlib.sha256(what.encode() + here.state.vault.read_bytes()).hexdigest()
    except FileNotFoundError:
        return what
