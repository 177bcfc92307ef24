"""Encrypts provider keys, so that the keys they are encrypted with can be changed."""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AfterValidator
from seaway_service.setting_types import Secret

KEY_BYTES = 32
NONCE_BYTES = 12  # the length NIST SP 800-38D (5.2.1.1) recommends for GCM
KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")


class UnreadableSecretError(Exception):
    """The ciphertext was made with a key that is gone, or for somebody else."""


class UnknownKeyError(UnreadableSecretError):
    """The ciphertext was made with a key that is not, or not yet, in the ring."""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """One encryption key and the id that ciphertexts carry."""

    id: str
    key: bytes

    @property
    def fingerprint(self) -> str:
        """Name the key by its content: a key keeps it when it moves into a ring under a name."""
        return hashlib.sha256(b"aixsss key id" + self.key).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A ciphertext and what is needed, beside the key, to open it."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class Keyring:
    """Seals with its first key and opens with any of its keys."""

    def __init__(self, keys: Sequence[NamedKey]) -> None:
        self._first = keys[0]
        self._ciphers = {key.fingerprint: AESGCM(key.key) for key in keys}
        self._ciphers |= {key.id: AESGCM(key.key) for key in keys}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `KEY` or `id:KEY,id:KEY`, each KEY being 32 bytes in base64 or hex.

        Raises:
            ValueError: a key is not 32 bytes, or two keys have one id.
        """
        keys = [named_key(part.strip()) for part in text.split(",")]
        if len({key.id for key in keys}) < len(keys):
            raise ValueError("has two keys with one id")
        return cls(keys)

    @property
    def key_id(self) -> str:
        """The id of the key that new ciphertexts are made with."""
        return self._first.id

    def seal(self, secret: str, *, bound_to: str) -> Sealed:
        """Encrypt; it can be opened only with the same `bound_to`."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._ciphers[self._first.id]
        ciphertext = cipher.encrypt(nonce, secret.encode(), bound_to.encode())
        return Sealed(key_id=self._first.id, nonce=nonce, ciphertext=ciphertext)

    def open(self, sealed: Sealed, *, bound_to: str) -> str:
        """Decrypt what was sealed.

        Raises:
            UnknownKeyError: its key is not in the ring.
            UnreadableSecretError: it was sealed for another owner, or is damaged.
        """
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise UnknownKeyError(f"the encryption key {sealed.key_id!r} is not known here")
        try:
            return cipher.decrypt(sealed.nonce, sealed.ciphertext, bound_to.encode()).decode()
        except InvalidTag as error:
            raise UnreadableSecretError(f"no key {sealed.key_id!r} opens it") from error


def named_key(text: str) -> NamedKey:
    """Read `id:KEY`, or `KEY` alone, which is then named by its fingerprint."""
    name, colon, encoded = text.rpartition(":")
    key = key_bytes(encoded)
    if not colon:
        return NamedKey(NamedKey("", key).fingerprint, key)
    if not KEY_ID.fullmatch(name):
        raise ValueError("has a key id that is not 1 to 32 letters, digits, '_', '.' or '-'")
    return NamedKey(name, key)


def key_bytes(encoded: str) -> bytes:
    """Decode one key from hex or base64, the URL-safe alphabet included."""
    if HEX_KEY.fullmatch(encoded):
        key = bytes.fromhex(encoded)
    else:
        try:
            padded = encoded.translate(str.maketrans("-_", "+/")).rstrip("=")
            padded += "=" * (-len(padded) % 4)
            key = base64.b64decode(padded, validate=True)
        except binascii.Error as error:
            raise ValueError("is not base64 or hex") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"is {len(key)} bytes, exactly {KEY_BYTES} are needed")
    if len(set(key)) < KEY_BYTES // 4:
        raise ValueError("is not random, make one with: openssl rand -base64 32")
    return key


def encryption_keys(text: str) -> str:
    """Return the text if a keyring can be made of it."""
    Keyring.parse(text)
    return text


EncryptionKeys = Annotated[Secret, AfterValidator(encryption_keys)]
"""A setting that a keyring can be made of."""
