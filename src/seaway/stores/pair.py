"""Pair: a new RSA key with its public half, as text."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

EXPONENT = 65537
"""As NIST SP 800-56B has it."""


def new_pair(bits: int) -> tuple[str, str]:
    """The private key in PKCS#8 and the public one in SubjectPublicKeyInfo, base64 of DER."""
    key = rsa.generate_private_key(EXPONENT, bits)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(private).decode(), base64.b64encode(public).decode()
