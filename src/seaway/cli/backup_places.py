"""Where the backups of a stack are: destinations as repositories, and the key to them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seaway import wiring
from seaway.cli.place import Place
from seaway.engine.reaching import Stores, reached
from seaway.errors import UsageError
from seaway.model.backup import BESIDE, Destination, Saving
from seaway.model.release import Release
from seaway.model.text import Host, Port, Secret, Text
from seaway.ports.saving import KEY
from seaway.saving.places import BucketPlace, FolderPlace
from seaway.saving.places import Place as Kept
from seaway.saving.repository import Repository
from seaway.stores.ledger import SqliteLedger
from seaway.wire.s3 import Access, Bucket

if TYPE_CHECKING:
    from seaway.targets.docker.target import DockerTarget
    from seaway.targets.local.target import LocalTarget

RECOVERY = "SEAWAY_RECOVERY_KEY"
"""A variable that holds the key of backups, where the vault is lost with all else."""


@dataclass(frozen=True, slots=True)
class Group:
    """The stores whose backups go to one place."""

    repository: Repository
    savings: tuple[Saving, ...]

    @property
    def stores(self) -> Sequence[str]:
        """Their names."""
        return [each.store for each in self.savings]


def target_of(here: Place) -> "LocalTarget | DockerTarget":
    """What runs the stack."""
    return wiring.open_target(here.state, here.stack)


def key_of(here: Place) -> bytes:
    """The key of the backups: what the operator gives counts before the vault.

    Raises:
        UsageError: SW835, there is none.
    """
    given = wiring.ENVIRON.get(RECOVERY, "").replace("-", "").strip()
    text = given or _from_vault(here)
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise UsageError("SW835", variable=RECOVERY) from error
    if not key:
        raise UsageError("SW835", variable=RECOVERY)
    return key


def _from_vault(here: Place) -> str:
    vault = wiring.open_vault(here.state)
    return vault.read(KEY) if KEY in vault.versions() else ""


def shown_key(key: bytes) -> str:
    """As people copy it: eight groups of eight."""
    text = key.hex()
    return "-".join(text[at : at + 8] for at in range(0, len(text), 8))


def chosen(release: Release, stores: Sequence[str] = ()) -> tuple[Saving, ...]:
    """How those stores are saved; of all, without names.

    Raises:
        UsageError: none is, or one of those is not.
    """
    known = {each.store: each for each in release.savings}
    if not known:
        raise UsageError("SW844", stack=release.stack)
    for name in stores:
        if name not in known:
            raise UsageError("SW842", store=name, known=", ".join(sorted(known)))
    return tuple(each for name, each in known.items() if not stores or name in stores)


async def groups(
    here: Place, release: Release, savings: Sequence[Saving], key: bytes, *, make: bool = False
) -> tuple[Group, ...]:
    """Each destination with what goes there; without `make`, those that are there.

    Raises:
        UsageError: the key is another one.
        OSError: a place cannot be reached.
    """
    by_place: dict[Destination, list[Saving]] = {}
    for each in savings:
        by_place.setdefault(each.destination, []).append(each)
    found: list[Group] = []
    for destination, mine in by_place.items():
        place = await _kept(here, release, destination)
        open_it = Repository.at if make else Repository.there
        repository = await asyncio.to_thread(open_it, place, key)
        if repository:
            found.append(Group(repository, tuple(mine)))
    return tuple(found)


async def _kept(here: Place, release: Release, destination: Destination) -> Kept:
    """A folder for each stack and environment, so that several may share a place."""
    folder = here.state.root.name
    if destination.folder == BESIDE:
        return FolderPlace(here.state.root.with_name(f"{folder}.backups"))
    if destination.folder:
        return FolderPlace(Path(destination.folder) / folder)
    target = target_of(here)
    access = Access(
        endpoint=await _filled(here, target, release, destination.endpoint),
        region=destination.region or "us-east-1",
        access_key=await _filled(here, target, release, destination.access_key),
        secret_key=await _filled(here, target, release, destination.secret_key),
    )  # fmt: skip
    return BucketPlace(Bucket(access, destination.bucket), folder)


async def _filled(here: Place, target: Stores, release: Release, text: Text) -> str:
    """The text with the addresses and secrets of this moment."""
    parts: list[str] = []
    for part in text.parts:
        match part:
            case str():
                parts.append(part)
            case Secret():
                parts.append(wiring.open_vault(here.state).read(part.name, part.version))
            case Host():
                parts.append((await reached(target, release, part.workload)).host)
            case Port():
                where = await reached(target, release, part.workload)
                parts.append(str(where.ports[part.port]))
            case _:
                raise UsageError("SW845")
    return "".join(parts)


def own_files(here: Place, ledger: SqliteLedger) -> Mapping[str, bytes]:
    """What Seaway itself knows of the stack: releases, events, secrets, the stack file."""
    state = here.state
    files = {"ledger.db": ledger.copy()}
    for path in (state.vault, state.vault.with_name(f"{state.vault.name}.key"), state.origin):
        if path.exists():
            files[path.name] = path.read_bytes()
    if state.origin.exists():
        file = Path(state.origin.read_text(encoding="utf-8").strip())
        if file.exists():
            files["seaway.yaml"] = file.read_bytes()
    return files
