"""Reading: from the bytes of a file to its text; the type is told by content, not by name."""

import asyncio
import codecs
import re
import sys
import unicodedata
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from seaway.ai.rag.extracting import LARGEST_TEXT, Unreadable, understood
from seaway.serving.refusal import Refusal

WITHIN = 60.0
"""Seconds for one file."""
AT_ONCE = 2
"""Files that are taken apart at the same time."""
_MARKDOWN = frozenset({".md", ".markdown"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says."""

    text: str
    markdown: bool
    kind: str
    """`text`, `markdown`, `pdf` or `docx`."""


class Reader:
    """Reads files, few at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def read(self, data: bytes, name: str) -> Read:
        """The text of a file; its name only tells Markdown from plain text.

        Raises:
            Refusal: 415 for a file of another type, 422 for one that cannot be read.
        """
        kind = kind_of(data, name)
        try:
            if kind in {"pdf", "docx"}:
                async with self._turn:
                    text = await _extracted(data, kind)
            else:
                text = decoded(data)
        except Unreadable as error:
            raise Refusal(422, "unreadable_document", f"It cannot be read: {error}.") from error
        return Read(cleaned(text), kind != "text", kind)


def kind_of(data: bytes, name: str) -> str:
    """What a file is.

    Raises:
        Refusal: 415 when it is none of those that can be read.
    """
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(BytesIO(data)) as archive:
            if "word/document.xml" in archive.namelist():
                return "docx"
        raise _unsupported()
    if b"\0" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _unsupported()
    return "markdown" if PurePosixPath(name).suffix.lower() in _MARKDOWN else "text"


def decoded(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 with its mark, or as Chinese Windows wrote it.

    Raises:
        Unreadable: it is none of them.
    """
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise Unreadable("the text is neither UTF-8 nor GB 18030")


def cleaned(text: str) -> str:
    """With one kind of line end, and without what no text has.

    Raises:
        Refusal: nothing is left, or too much.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", text).encode("utf-8", "ignore").decode()  # halves of pairs are no text
    if not text.strip():
        raise Refusal(422, "empty_document", "There is no text in it.")
    if len(text) > LARGEST_TEXT:
        raise Refusal(413, "document_too_large", f"A text has at most {LARGEST_TEXT} characters.")
    return text


async def _extracted(data: bytes, kind: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "seaway.ai.rag.extracting", kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN):
            output, _ = await process.communicate(data)
    except TimeoutError as error:
        raise Unreadable("it takes too long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return understood(output)


def _unsupported() -> Refusal:
    return Refusal(415, "unsupported_type", "Text, Markdown, PDF and Word files can be read.")
