"""Volumes: folders that outlive instances; where data was, nothing starts on an empty one."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seaway.durable import make_folder, sync_folder, write_whole
from seaway.errors import DataRefused
from seaway.model.names import Name
from seaway.model.workload import Role, Workload, volume_of
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local.aside import Aside
from seaway.targets.local.process import Identity
from seaway.targets.local.state import StateFolder

MARKER = ".seaway-volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is remembered of a volume apart from the volume itself."""

    id: str
    filled: bool
    """Whether there has been data in it."""


class Volumes:
    """The volumes of one stack.

    A volume is `volumes/WORKLOAD/VOLUME` with a marker and the folder `data`, which is what a
    server gets: some refuse a first folder that is not empty. `volumes.json` remembers which
    markers there should be: a disk that is not mounted, or a folder that was removed, is noticed.
    """

    def __init__(self, state: StateFolder) -> None:
        self._state = state
        self._file = state.root / "volumes.json"

    def provide(self, workload: Workload, slot: int, owner: Identity | None) -> dict[str, Path]:
        """Make what is missing; return the data folders by name.

        Raises:
            DataRefused: there was data before, and now there is none, or another volume; and no
                other member has the same data.
        """
        names = {each.name: volume_of(each.name, slot) for each in workload.volumes}
        if workload.role is not Role.PROXY:  # its files are written anew before every start
            for each in workload.volumes:
                if not self._elsewhere(workload, each.name, slot):
                    self._refuse_loss(workload.name, names[each.name])
        return {name: self._provide(workload.name, whole, owner) for name, whole in names.items()}

    def folders(self, workload: Workload, slot: int) -> dict[str, Path]:
        """The data folders by name; nothing is made or looked at."""
        return {
            volume.name: self._folder(workload.name, volume_of(volume.name, slot)) / "data"
            for volume in workload.volumes
        }

    def note_filled(self, workload: Workload, slot: int) -> None:
        """Remember that there is data in those volumes where there is some."""
        noted = self._read()
        for volume in workload.volumes:
            name = volume_of(volume.name, slot)
            key = f"{workload.name}/{name}"
            known, folder = noted.get(key), self._folder(workload.name, name)
            if known and not known.filled and _has_data(folder):
                sync_folder(folder / "data")  # or a power cut takes what is remembered to be there
                self._note(key, Noted(id=known.id, filled=True))

    def sizes(self) -> tuple[tuple[Name, str, int], ...]:
        """Workload, volume and bytes used, of everything kept."""
        return tuple(
            (Name(folder.parent.name), folder.name, _bytes(folder))
            for folder in sorted((self._state.root / "volumes").glob("*/*"))
            if folder.is_dir()
        )

    def destroy(self) -> None:
        """Remove all data, and what is remembered of it."""
        shutil.rmtree(self._state.root / "volumes", ignore_errors=True)
        self._file.unlink(missing_ok=True)
        LeadFile(self._state.root).destroy()

    def take_out(self, workload: str, to: Path) -> None:
        """Move the volumes of a workload elsewhere, with what is remembered of them.

        Nothing where there are none. A kill between leaves them out: nothing starts without them.
        That there was data stays known until other is put in.
        """
        mine = {
            key: {"id": each.id, "filled": each.filled} for key, each in self._read().items()
            if key.partition("/")[0] == workload
        }  # fmt: skip
        folder = self._state.root / "volumes" / workload
        if not folder.exists():
            return
        make_folder(to, 0o700)
        write_whole(to / "volumes.json", json.dumps(mine, indent=1), durable=True)
        folder.rename(to / "volumes")
        sync_folder(folder.parent)
        sync_folder(to)

    def put_in(self, workload: str, source: Path) -> None:
        """Move volumes in that were taken out; there must be none of that workload.

        What is remembered comes first: where it does not fit what is there, nothing starts.
        """
        told = json.loads((source / "volumes.json").read_text())
        folder = self._state.root / "volumes" / workload
        make_folder(folder.parent, 0o711)
        self._write({**self._read(), **{key: Noted(**each) for key, each in told.items()}})
        LeadFile(self._state.root).forget(workload)
        (source / "volumes").rename(folder)
        sync_folder(folder.parent)

    def exchange(self, workload: str, comes: Path, goes: Path) -> None:
        """What was taken out to one folder comes in, what is in place goes to the other.

        Killed at any moment it is finished by another call; then there is nothing left to do.
        """
        if (comes / "volumes").exists():
            self.take_out(workload, goes)
            self.put_in(workload, comes)
        shutil.rmtree(comes, ignore_errors=True)

    def _folder(self, workload: str, volume: str) -> Path:
        return self._state.volume(workload, volume)

    def _elsewhere(self, workload: Workload, volume: str, slot: int) -> bool:
        """Whether another member has the data, and this one may have it anew from there."""
        lead = LeadFile(self._state.root).all().get(workload.name)
        if workload.replicas == 1 or (lead and lead.slot == slot):
            return False
        known = self._read()
        others = (
            volume_of(volume, other) for other in range(workload.replicas) if other != slot
        )  # fmt: skip
        return any(
            (noted := known.get(f"{workload.name}/{other}")) is not None
            and noted.filled
            and _marker(folder := self._folder(workload.name, other)) == noted.id
            and _has_data(folder)
            for other in others
        )

    def _refuse_loss(self, workload: str, volume: str) -> None:
        key, folder = f"{workload}/{volume}", self._folder(workload, volume)
        known = self._read().get(key)
        if known and (_marker(folder) != known.id or (known.filled and not _has_data(folder))):
            change = Aside(self._state).change()
            if change and change.turning:
                raise DataRefused("SW879", stack=self._state.root.name)
            raise DataRefused("SW251", volume=key, folder=str(folder))

    def _provide(self, workload: str, volume: str, owner: Identity | None) -> Path:
        key, folder = f"{workload}/{volume}", self._folder(workload, volume)
        known, marker = self._read().get(key), _marker(folder)
        data = folder / "data"
        make_folder(data, 0o711)
        for passage in (folder.parent.parent, folder.parent, folder):
            passage.chmod(0o711)
        if not marker:
            marker = secrets.token_hex(16)
            write_whole(folder / MARKER, marker + "\n", durable=True)
        self._own(data, owner)
        filled = _has_data(folder)
        if known is None or (marker, filled) != (known.id, known.filled):
            sync_folder(data)
            self._note(key, Noted(id=marker, filled=filled))
        return data

    def _own(self, data: Path, owner: Identity | None) -> None:
        """For the one it runs as; in a user namespace files stay ours."""
        data.chmod(0o700)
        if owner and not owner.namespace and os.getuid() == 0:
            _hand_over(data, owner)

    def _read(self) -> Mapping[str, Noted]:
        try:
            body = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return {key: Noted(**noted) for key, noted in body.items()}

    def _note(self, key: str, noted: Noted) -> None:
        self._write({**self._read(), key: noted})

    def _write(self, noted: Mapping[str, Noted]) -> None:
        body = {name: {"id": each.id, "filled": each.filled} for name, each in noted.items()}
        write_whole(self._file, json.dumps(body, indent=1), durable=True)


def _marker(folder: Path) -> str:
    try:
        return (folder / MARKER).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _has_data(folder: Path) -> bool:
    try:
        return any((folder / "data").iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _hand_over(data: Path, owner: Identity) -> None:
    """Only where it belongs to somebody else: a large volume is walked through once at most."""
    if data.stat().st_uid == owner.uid:
        return
    for folder, _, files in os.walk(data, topdown=False):
        for name in files:
            os.chown(Path(folder, name), owner.uid, owner.gid, follow_symlinks=False)
        os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)


def _bytes(folder: Path) -> int:
    """Room on the disk: blocks of 512 bytes, as stat(2) counts them."""
    files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(map(_blocks, files)) * 512


def _blocks(file: Path) -> int:
    """0 where the server has just removed it."""
    try:
        return file.lstat().st_blocks
    except FileNotFoundError:
        return 0
