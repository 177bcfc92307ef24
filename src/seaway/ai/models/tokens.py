"""Tokens: about as many as a provider would count, for usage; nothing is billed by them."""

import re

_PIECE = re.compile(r"[A-Za-z]+|[0-9]{1,3}|[\u2e80-\u9fff\uf900-\ufaff]|[^\sA-Za-z0-9]")


def tokens(text: str) -> int:
    """Words, digits in threes, Chinese characters, signs."""
    return sum(1 for _ in _PIECE.finditer(text))
