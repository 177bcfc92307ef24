"""Leads: who leads the members of a store, kept in one file that outlives them all."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.model.standing import Lead
from seaway.values import dumped, understood

MARK = "epoch"
"""A file beside the data of a member: up to which epoch it has the history, and whether it led."""
LED = "led"
_MARK = re.compile(r"([0-9]{1,9})( led)?\n?")


class LeadFile:
    """Read for every plan, written by the one supervisor only."""

    def __init__(self, root: Path) -> None:
        """`root` is the state folder."""
        self._root = root
        self._file = root / "leads.json"

    def all(self) -> Mapping[str, Lead]:
        """By workload; those that have never had a member are not named."""
        try:
            kept = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        return {name: understood(Lead, told) for name, told in json.loads(kept).items()}

    def of(self, workload: str) -> Lead:
        """Who leads that store, or is to be the first."""
        return self.all().get(workload) or self._found(workload)

    def write(self, workload: str, lead: Lead) -> None:
        """On the disk when it returns."""
        make_folder(self._file.parent)
        write_whole(self._file, dumped({**self.all(), workload: lead}), durable=True)

    def forget(self, workload: str) -> None:
        """Its data is other data from now on: the first member leads."""
        left = {name: lead for name, lead in self.all().items() if name != workload}
        if left != self.all():
            write_whole(self._file, dumped(left), durable=True)

    def destroy(self) -> None:
        """Forget all: there is no data any more."""
        self._file.unlink(missing_ok=True)

    def _found(self, workload: str) -> Lead:
        """By what the data says: with the file lost, the last that led leads."""
        known = [Lead()]
        for folder in (self._root / "volumes" / workload).glob("*"):
            slot = folder.name.rpartition("-")[2]
            epoch, led = read_mark(folder / "data")
            if led:
                known.append(Lead(epoch=epoch, slot=int(slot) if slot.isdigit() else 0))
        return max(known, key=lambda each: each.epoch)


def read_mark(data: Path) -> tuple[int, bool]:
    """The epoch of a member's data, and whether it led then; 0 for none."""
    try:
        found = _MARK.fullmatch((data / MARK).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return 0, False
    return (int(found[1]), bool(found[2])) if found else (0, False)


def write_mark(data: Path, epoch: int, *, led: bool) -> None:
    """On the disk when it returns."""
    write_whole(data / MARK, f"{epoch}{f' {LED}' if led else ''}\n", durable=True)
