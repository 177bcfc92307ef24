"""Documents: taken in, replaced and removed; words and vectors of one always belong together.

A new document's vectors are made first, while nobody finds them, for what is not in the database is
no passage. Then one transaction puts it in the place of the former one. Vectors that are left over,
of the former one or of an attempt that failed, are noted in the database and swept.
"""

import asyncio
import hashlib
from contextlib import suppress

from seaway.ai.rag.library import Document, Kept, Library
from seaway.ai.rag.reading import Read
from seaway.ai.rag.splitting import LONGEST, passages
from seaway.ai.rag.vectors import Vectors, kind_of
from seaway.serving.refusal import Refusal

MOST = 5000
"""Passages of one document."""
WITHIN = 600.0
"""Seconds to take one in."""
_SWEEP = 1000
_FORM = f"1 {LONGEST}"
"""Of passages; changed when documents that are the same are to be split anew."""


class Documents:
    """All of one rag component."""

    def __init__(self, library: Library, vectors: Vectors, name: str) -> None:
        self._library, self._vectors, self._name = library, vectors, name

    async def take_in(self, collection: str, document: str, title: str, read: Read) -> int:
        """How many passages it has; nothing is done for one that is there already just so.

        Raises:
            Refusal: it is too long, or something that is needed does not answer; then the former
                document is still there.
        """
        whole = f"{_FORM}\0{read.kind}\0{title}\0{read.text}".encode()
        digest = hashlib.blake2b(whole, digest_size=20).digest()
        known = await self._library.known(collection, document, digest)
        if known is not None:
            return known
        parts = await asyncio.to_thread(passages, read.text, markdown=read.markdown)
        if len(parts) > MOST:
            message = f"A document has at most {MOST} passages; this has {len(parts)}."
            raise Refusal(413, "document_too_large", message)
        kind = kind_of(self._name, collection)
        numbers = await self._library.begin(len(parts), kind)
        kept = [
            Kept(id=number, document=document, title=title, heading=each.heading, text=each.text)
            for number, each in zip(numbers, parts, strict=True)
        ]
        try:
            async with asyncio.timeout(WITHIN):
                await self._vectors.keep(kind, ((each.id, each.shown) for each in kept))
        except TimeoutError as error:
            message = "The document takes too long to be embedded."
            raise Refusal(503, "search_slow", message, after=60) from error
        told = Document(id=document, title=title, kind=read.kind, digest=digest)
        former = await self._library.keep(collection, told, kept, kind)
        await self._forget(kind, former)
        return len(kept)

    async def remove(self, collection: str, document: str) -> bool:
        """Whether it was there."""
        kind = kind_of(self._name, collection)
        former = await self._library.remove(collection, document, kind)
        await self._forget(kind, former)
        return bool(former)

    async def sweep(self) -> None:
        """Delete vectors that are left over.

        Raises:
            Refusal: a service does not answer.
        """
        for kind, numbers in (await self._library.leavings(2 * WITHIN, _SWEEP)).items():
            await self._vectors.forget(kind, numbers)
            await self._library.swept(numbers)

    async def _forget(self, kind: str, former: list[int]) -> None:
        if former:
            with suppress(Refusal):  # a later sweep deletes them
                await self._vectors.forget(kind, former)
                await self._library.swept(former)
