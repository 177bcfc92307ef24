"""What Redis gives to a replica: a snapshot of one moment, whatever files it keeps itself."""

import re
from collections.abc import Mapping

from seaway.model.backup import SavedFile
from seaway.saving.packing import Packer
from seaway.saving.sealing import Damaged
from seaway.wire.redis import Access, RedisTrouble, Session, logged_in

SNAPSHOT = "dump.rdb"
LOG = "appendonlydir"
AOF = "appendonly.aof"
BASE = f"{AOF}.1.base.rdb"
MANIFEST = f"file {BASE} seq 1 type b\n"
"""With it a server that appends begins at the snapshot; without it, it would begin with nothing."""
MAGIC = (b"REDIS", b"VALKEY")
"""How a snapshot begins."""
LEAST = 16
_KEYS = re.compile(r"db(\d+):keys=(\d+),expires=(\d+)")


def snapshot(access: Access, packer: Packer) -> tuple[SavedFile, ...]:
    """Ask for a snapshot as a replica does, and keep it; it is awaited whole.

    Raises:
        RedisTrouble: the server would not.
        Damaged: it came cut off, or is none.
    """
    with logged_in(access) as session:
        session.send("PSYNC", "?", "-1")
        line = _told(session)
        if not line.startswith("+FULLRESYNC"):
            raise RedisTrouble(line[1:])
        line = _told(session)
        if not line.startswith("$") or not line[1:].isdigit():
            raise RedisTrouble(line)
        size = int(line[1:])
        stream = _Counted(session, size)
        file = packer.add(SNAPSHOT, stream)
    if file.size != size or size < LEAST or not stream.begun.startswith(MAGIC):
        raise Damaged(SNAPSHOT)
    return packer.files()


def _told(session: Session) -> str:
    """The next line that is not empty: the server sends such ones to stay in touch."""
    while not (said := session.line().strip()):
        pass
    return said


class _Counted:
    """So many bytes of a session, as a file."""

    def __init__(self, session: Session, size: int) -> None:
        self._session, self._left = session, size
        self.begun = b""

    def read(self, size: int) -> bytes:
        part = self._session.read(min(size, self._left))
        self.begun = self.begun or part[:LEAST]
        self._left -= len(part)
        return part


def counts(access: Access) -> Mapping[str, int]:
    """How many keys stay, in each numbered database that has some.

    Those that end by themselves are not among them: a server counts some that are over, and leaves
    them out when it starts on a snapshot.
    """
    with logged_in(access) as session:
        told = session.ask("INFO", "keyspace")
    stay = {
        f"db{number}": int(keys) - int(expires)
        for number, keys, expires in _KEYS.findall(str(told))
    }  # fmt: skip
    return {name: count for name, count in stay.items() if count}
