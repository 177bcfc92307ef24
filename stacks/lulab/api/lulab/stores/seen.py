"""Remembers signatures that were used, so that nobody uses them again."""

import hashlib

import valkey.asyncio as valkey
from seaway_service.cache import translated

from lulab.names import NAME


class Seen:
    """In Redis: all copies of the API together."""

    def __init__(self, client: valkey.Valkey) -> None:
        self._client = client

    async def first(self, signature: str, seconds: int) -> bool:
        """Tell whether it was not seen in the last so many seconds; from now on it is."""
        key = f"{NAME}:seen:{hashlib.sha256(signature.encode()).hexdigest()[:32]}"
        with translated():
            return bool(await self._client.set(key, "1", nx=True, ex=seconds))
