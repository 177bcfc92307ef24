"""Room: whether the folders that a stack lives on can be written, by trying."""

import errno
import os
import resource
from collections.abc import Iterator, Sequence
from pathlib import Path

from seaway.model.finding import Finding

TRIED = 16 * 1024
"""Bytes written to find out; they are gone before the kernel would bring them to the disk."""
SPARE = 8
"""Descriptors that a supervisor should have left: a step opens about as many at a time."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
NO_NAMELESS = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})
"""How file systems and kernels answer that know no O_TMPFILE (open(2))."""


def shortages(folders: Sequence[Path], supervisor: int) -> tuple[Finding, ...]:
    """What is wrong with them and with the supervisor's own supplies; 0 where none lives.

    Of folders on one disk the first speaks for all, unless it is only itself that is wrong.
    """
    found = [refused for folder in folders if (refused := _refused(folder))]
    return (*_first_of_each(found), *_descriptors(supervisor))


def _first_of_each(found: Sequence[Finding]) -> Iterator[Finding]:
    told: set[tuple[str, object]] = set()
    for each in found:
        key = each.code, each.facts.get("disk") or each.facts["folder"]
        if key not in told:
            yield each
        told.add(key)


def _refused(folder: Path) -> Finding | None:
    try:
        _try(folder)
    except OSError as error:
        return _finding(folder, error)
    return None


def _try(folder: Path) -> None:
    handle = _nameless(folder)
    try:
        left = TRIED
        while left:
            left -= os.write(handle, bytes(left))
    finally:
        os.close(handle)


def _nameless(folder: Path) -> int:
    """A file without a name, or with one for a moment where there are no such files."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in NO_NAMELESS or not folder.is_dir():
            raise
    import tempfile  # noqa: PLC0415 -- slow to load, and hardly ever needed

    handle, name = tempfile.mkstemp(prefix=".room-", dir=folder)
    Path(name).unlink()
    return handle


def _finding(folder: Path, error: OSError) -> Finding:
    facts: dict[str, object] = {"folder": str(folder), "problem": error.strerror or str(error)}
    if error.errno in NO_DESCRIPTORS:
        return Finding(code="SW545", facts=facts)
    if error.errno == errno.ENOENT:
        return Finding(code="SW544", facts=facts)
    if error.errno not in NO_ROOM:
        return Finding(code="SW546", facts=facts)
    try:
        room = os.statvfs(folder)
        facts["disk"] = folder.stat().st_dev
    except OSError:  # it fails in more than one way
        return Finding(code="SW546", facts=facts)
    return Finding(code="SW543" if room.f_files and not room.f_favail else "SW542", facts=facts)


def _descriptors(supervisor: int) -> Iterator[Finding]:
    """Whether a living supervisor is about to have none left."""
    try:
        used = len(os.listdir(f"/proc/{supervisor}/fd")) if supervisor else 0  # noqa: PTH208 -- counted
        limit = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)[0] if supervisor else 0
    except OSError:  # it has ended meanwhile, or is somebody else's
        return
    if supervisor and limit - used < SPARE:
        facts = {"supervisor": supervisor, "used": used, "limit": limit}
        yield Finding(code="SW549", facts=facts)
