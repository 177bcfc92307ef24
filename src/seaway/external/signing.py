"""Signing: RSA with SHA-256, and AES-GCM, in the forms that payment services use."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

NONCE = 12
"""Characters, which are its bytes, for AES-GCM."""


class Signer:
    """Signs with a private key."""

    def __init__(self, key: str) -> None:
        """From base64 of PKCS#8 in DER.

        Raises:
            ValueError: it is something else.
        """
        loaded = load_der_private_key(base64.b64decode(key, validate=True), None)
        if not isinstance(loaded, RSAPrivateKey):
            raise ValueError("not an RSA key")  # noqa: TRY004 -- a value of the wrong kind
        self._key = loaded

    def sign(self, text: bytes) -> str:
        """In base64."""
        return base64.b64encode(self._key.sign(text, PKCS1v15(), SHA256())).decode()


class Verifier:
    """Knows a public key."""

    def __init__(self, key: str) -> None:
        """From base64 of SubjectPublicKeyInfo in DER.

        Raises:
            ValueError: it is something else.
        """
        loaded = load_der_public_key(base64.b64decode(key, validate=True))
        if not isinstance(loaded, RSAPublicKey):
            raise ValueError("not an RSA key")  # noqa: TRY004 -- a value of the wrong kind
        self._key = loaded

    def good(self, text: bytes, signature: str) -> bool:
        """Whether the holder of the private key has signed this."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def sealed(text: bytes, key: str, associated: str) -> dict[str, str]:
    """Encrypted for the holder of the key, whose characters are its 32 bytes."""
    nonce = secrets.token_hex(NONCE // 2)
    made = AESGCM(key.encode()).encrypt(nonce.encode(), text, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(made).decode(),
        "associated_data": associated, "nonce": nonce,
    }  # fmt: skip
