"""Tells whether a secret is strong enough to start with."""

import re

SIGNING_LENGTH = 32
PASSWORD_LENGTH = 16
FEWEST_DISTINCT = 8

PLACEHOLDER = re.compile(
    r"^your[_-]|^sk-x|^change|change[_-]?me|placeholder|example|password|^secret|^test[_-]"
    r"|minioadmin|^admin|12345678|^todo|^<.*>$",
    re.IGNORECASE,
)


def strong(secret: str, *, at_least: int) -> str:
    """Return the secret unchanged; units: characters.

    Raises:
        ValueError: it is short, a placeholder, or made of very few different characters.
    """
    if len(secret) < at_least:
        raise ValueError(f"too short: {len(secret)} characters, at least {at_least} are needed")
    if PLACEHOLDER.search(secret):
        raise ValueError("looks like a placeholder, put a random value there")
    if len(set(secret)) < FEWEST_DISTINCT:
        raise ValueError("is made of too few different characters, put a random value there")
    return secret
