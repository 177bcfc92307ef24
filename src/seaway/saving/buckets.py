"""What an object store gives: every object, and every version of it where there are versions."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from itertools import groupby

from seaway.model.backup import SavedFile
from seaway.saving.packing import Packer, Unpacker
from seaway.wire.s3 import Access, Bucket, Object

AT_ONCE = 8
"""Objects that are fetched beside each other: most of the time is spent waiting."""
VERSION, ETAG, CHANGED, ORDER, DELETED = "version", "etag", "changed", "order", "deleted"
OURS = frozenset({VERSION, ETAG, CHANGED, ORDER, DELETED})
NONE = "null"
"""What the version of an object is called that was written without versions."""


def objects(
    access: Access, names: Sequence[str], packer: Packer, before: Sequence[SavedFile]
) -> tuple[SavedFile, ...]:
    """Keep all of those buckets; what is as it was `before` is not fetched again.

    An object that is removed while this runs is not there: it was not at the end.
    """
    known = {(each.path, _mark(each.facts)): each for each in before}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name in names:
            bucket = Bucket(access, name)
            wanted: list[tuple[str, Object, int]] = []
            for path, found, order in _found(bucket, name):
                old = known.get((path, _mark(_facts(found, order))))
                if old is None:
                    wanted.append((path, found, order))
                else:
                    packer.reuse(old)
            for start in range(0, len(wanted), AT_ONCE):
                part = wanted[start : start + AT_ONCE]
                fetch = partial(_fetched, bucket)
                _keep(part, list(pool.map(fetch, [each for _, each, _ in part])), packer)
    return packer.files()


def _keep(
    part: Sequence[tuple[str, Object, int]],
    contents: Sequence[tuple[bytes, Mapping[str, str]] | None], packer: Packer,
) -> None:  # fmt: skip
    for (path, found, order), got in zip(part, contents, strict=True):
        if got is not None:
            packer.add(path, BytesIO(got[0]), {**got[1], **_facts(found, order)})


def _fetched(bucket: Bucket, found: Object) -> tuple[bytes, Mapping[str, str]] | None:
    if found.deleted:
        return b"", {}
    try:
        return bucket.fetch(found.key, found.version)
    except FileNotFoundError:
        return None


def _found(bucket: Bucket, name: str) -> Iterator[tuple[str, Object, int]]:
    """Path, what is there, and its turn among the versions of its key, the oldest first."""
    if not bucket.versioned:
        for each in bucket.objects():
            yield f"{name}/{each.key}", each, 0
        return
    for _, group in groupby(bucket.versions(), key=lambda each: each.key):
        versions = list(group)
        for order, each in enumerate(reversed(versions)):
            yield f"{name}/{each.key}", each, order


def _facts(found: Object, order: int) -> Mapping[str, str]:
    facts = {ETAG: found.etag, CHANGED: found.changed, ORDER: str(order)}
    if found.version and found.version != NONE:
        facts[VERSION] = found.version
    return facts | ({DELETED: "yes"} if found.deleted else {})


def _mark(facts: Mapping[str, str]) -> tuple[str, ...]:
    """What tells that content is the same: its digest by the server, and when it came."""
    return tuple(facts.get(each, "") for each in (ETAG, CHANGED, VERSION, DELETED, ORDER))


def give_back(access: Access, files: Sequence[SavedFile], unpacker: Unpacker) -> None:
    """Put every object where it was, versions in their order; there must be nothing yet.

    Raises:
        Damaged: the content of one is not what was saved.
        S3Trouble: the server refused.
    """
    turns = sorted(files, key=lambda each: (int(each.facts.get(ORDER, "0")), each.path))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _, group in groupby(turns, key=lambda each: each.facts.get(ORDER, "0")):
            turn = list(group)
            for start in range(0, len(turn), AT_ONCE):
                part = turn[start : start + AT_ONCE]
                contents = [unpacker.content(each) for each in part]
                list(pool.map(partial(_put, access), part, contents))


def _put(access: Access, file: SavedFile, content: bytes) -> None:
    name, _, key = file.path.partition("/")
    bucket = Bucket(access, name)
    if file.facts.get(DELETED):
        bucket.delete(key)
    else:
        headers = {name: value for name, value in file.facts.items() if name not in OURS}
        bucket.put(key, content, headers)
