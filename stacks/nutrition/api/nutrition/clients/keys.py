"""Signs and checks with RSA and SHA-256, as both payment services want it."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class ForgedError(Exception):
    """It does not come from where it says it comes from, or was changed on the way."""


class Signer:
    """Signs with our private key: base64 of DER (PKCS#8), or PEM."""

    def __init__(self, key: str) -> None:
        loaded = (
            serialization.load_pem_private_key(key.encode(), None)
            if key.startswith("-----")
            else serialization.load_der_private_key(base64.b64decode(key), None)
        )
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise TypeError("is not an RSA key")
        self._key = loaded

    def sign(self, text: str) -> str:
        """Return the signature in base64."""
        made = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(made).decode()


class Checker:
    """Checks with their public key: base64 of DER, or PEM."""

    def __init__(self, key: str) -> None:
        loaded = (
            serialization.load_pem_public_key(key.encode())
            if key.startswith("-----")
            else serialization.load_der_public_key(base64.b64decode(key))
        )
        if not isinstance(loaded, rsa.RSAPublicKey):
            raise TypeError("is not an RSA key")
        self._key = loaded

    def check(self, text: bytes, signature: str) -> None:
        """Return if it is theirs.

        Raises:
            ForgedError: it is not.
        """
        try:
            given = base64.b64decode(signature, validate=True)
            self._key.verify(given, text, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise ForgedError("the signature does not fit") from error
