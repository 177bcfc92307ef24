"""The vault in one encrypted file: secrets by name and version."""

import fcntl
import json
import os
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seaway.durable import make_folder, write_whole
from seaway.errors import SeawayError, UsageError
from seaway.ports.clock import Clock
from seaway.stores.clock import SystemClock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
"""Bytes, as NIST SP 800-38D asks for AES-GCM."""
VERSIONS_KEPT = 20
"""More than releases are recorded: each of them can still be gone back to."""

TIMES = ""
"""The entry that is no secret: when the newest value of each was kept."""
Contents = dict[str, dict[str, str]]
"""Values by version (in decimal) by name, and `TIMES`."""


class FileVault:
    """AES-256-GCM with a key of its own beside it, mode 0600, or given by the operator.

    The key beside the file protects copies of the file alone, not the machine it is on.
    """

    def __init__(self, path: Path, key: str = "", clock: Clock | None = None) -> None:
        self._path = path
        self._given = key
        self._clock = clock or SystemClock()
        self._known: tuple[tuple[int, int], Contents] | None = None

    def versions(self) -> Mapping[str, int]:
        values = {name: kept for name, kept in self._contents().items() if name != TIMES}
        return {name: max(map(int, kept)) for name, kept in values.items()}

    def since(self, name: str) -> datetime | None:
        told = self._contents().get(TIMES, {}).get(name)
        return datetime.fromisoformat(told) if told else None

    def read(self, name: str, version: int = 0) -> str:
        kept = self._contents().get(name)
        if not kept:
            raise UsageError("SW701", name=name)
        wanted = str(version or max(map(int, kept)))
        if wanted not in kept:
            raise UsageError("SW702", name=name, version=version)
        return kept[wanted]

    def write(self, name: str, value: str) -> int:
        return self._write({name: value})[name]

    def write_pair(self, name: str, public: str, bits: int) -> int:
        from seaway.stores.pair import new_pair  # noqa: PLC0415 -- slow to load, seldom needed

        return self._write(dict(zip((name, public), new_pair(bits), strict=True)))[name]

    def _write(self, values: Mapping[str, str]) -> Mapping[str, int]:
        """The new version of each: all are kept at once."""
        versions: dict[str, int] = {}
        with self._locked():
            contents = {each: dict(kept) for each, kept in self._load().items()}
            times = contents.setdefault(TIMES, {})
            for name, value in values.items():
                kept = contents.setdefault(name, {})
                versions[name] = max(map(int, kept), default=0) + 1
                kept[str(versions[name])] = value
                times[name] = self._clock.now().isoformat(timespec="seconds")
                for old in sorted(map(int, kept))[:-VERSIONS_KEPT]:
                    del kept[str(old)]
            self._save(contents)
        return versions

    def _contents(self) -> Contents:
        """Read again only when the file is another one: it is replaced as a whole."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            return {}
        mark = (facts.st_ino, facts.st_mtime_ns)
        if self._known is None or self._known[0] != mark:
            self._known = (mark, self._load())
        return self._known[1]

    def _load(self) -> Contents:
        try:
            sealed = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- where there are secrets

        try:
            opened = self._cipher().decrypt(sealed[:NONCE], sealed[NONCE:], b"seaway vault 1")
        except (InvalidTag, ValueError) as error:
            raise SeawayError("SW703", path=str(self._path)) from error
        contents: Contents = json.loads(opened)
        return contents

    def _save(self, contents: Contents) -> None:
        nonce = os.urandom(NONCE)
        text = json.dumps(contents).encode()
        sealed = nonce + self._cipher().encrypt(nonce, text, b"seaway vault 1")
        write_whole(self._path, sealed, durable=True)

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 -- as above
            AESGCM,
        )

        return AESGCM(self._key())

    def _key(self) -> bytes:
        """The key; made with the first secret only: another one would never open what is there."""
        if self._given:
            return bytes.fromhex(self._given)
        path = self._path.with_name(self._path.name + ".key")
        try:
            return bytes.fromhex(path.read_text())
        except FileNotFoundError as error:
            if self._path.exists():
                raise SeawayError("SW703", path=str(self._path)) from error
        write_whole(path, secrets.token_hex(32), durable=True)
        return bytes.fromhex(path.read_text())

    @contextmanager
    def _locked(self) -> Generator[None]:
        make_folder(self._path.parent)
        lock = self._path.with_name(self._path.name + ".lock")
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
