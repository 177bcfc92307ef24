"""Sealing: makes what leaves the machine small and unreadable, and tells whether it is the same."""

import hmac
import os

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
"""Bytes, as NIST SP 800-38D asks for AES-GCM."""
LEVEL = 1
"""Of zstd: above it a backup waits for the processor and not for the disk."""
LARGEST = 1 << 30
"""Bytes that one sealed thing may have when it is opened."""


class Damaged(Exception):  # noqa: N818 -- an answer: what is there is not what was written
    """Something is not as it was written; the text names it."""


class Seal:
    """zstd, then AES-256-GCM with the name as associated data: nothing can be put in its place."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derived(key, b"seal"))
        self._names = _derived(key, b"names")

    def name(self, content: bytes | memoryview) -> str:
        """What content is called: the same for the same, and telling nothing to others."""
        return hmac.digest(self._names, content, "sha256").hex()

    def closed(self, name: str, content: bytes | memoryview) -> bytes:
        """What may leave the machine under that name."""
        nonce = os.urandom(NONCE)
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(content)
        return nonce + self._cipher.encrypt(nonce, packed, name.encode())

    def opened(self, name: str, sealed: bytes) -> bytes:
        """What was closed under that name.

        Raises:
            Damaged: it is something else.
        """
        try:
            packed = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
            return zstandard.ZstdDecompressor().decompress(packed, max_output_size=LARGEST)
        except (InvalidTag, ValueError, zstandard.ZstdError) as error:
            raise Damaged(name) from error


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"seaway backup 1 " + purpose, "sha256")
