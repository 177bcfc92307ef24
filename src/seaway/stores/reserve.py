"""The reserve: room kept back on the disk of the state, given up so that a stop can be recorded."""

import os
from pathlib import Path

PIECES = 8
"""Each brings an inode back too; one is enough to record a wish, unless logs take it first."""
SIZE = 64 * 1024
"""Bytes of a piece: a commit of the ledger writes three to five pages of 4 KiB."""


class Reserve:
    """A few files that hold nothing. Whoever cannot do without gives one up and tries again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Put back what was given up.

        Raises:
            OSError: there is no room for it.
        """
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700)
        for piece in self._pieces():
            if not piece.exists():
                _allot(piece)

    def give_up(self) -> bool:
        """Give a piece up; whether there was one."""
        for piece in self._pieces():
            try:
                piece.unlink()
            except OSError:
                continue
            return True
        return False

    def _pieces(self) -> tuple[Path, ...]:
        return tuple(self._folder / str(number) for number in range(PIECES))


def _allot(piece: Path) -> None:
    handle = os.open(piece, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, SIZE)
    except OSError:
        piece.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
