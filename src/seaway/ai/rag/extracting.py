"""Extracting: the text of a PDF or Word file, in a process of its own that has limits.

Started as `python -m seaway.ai.rag.extracting pdf|docx`, with the file as its input; it answers
with JSON. What is wrong with a file, or made so on purpose, ends this process and no other.
"""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import cast
from xml.etree import ElementTree as ET

MOST_PAGES = 500
LARGEST_TEXT = 2_000_000
"""Characters of a document."""
LARGEST_PART = 40 * 2**20
"""Bytes of the text of a Word file, unpacked."""
MEMORY, SECONDS = 1536 * 2**20, 30
"""Address space, and time on a processor."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Unreadable(Exception):  # noqa: N818 -- said as it is
    """The file is not what it says, is locked, or has more than may be."""


def pdf(data: bytes) -> str:
    """The text of each page, as Markdown with a heading for each page.

    Raises:
        Unreadable: it is no PDF, has a password, has no text, or too many pages.
    """
    from pypdf import PdfReader  # noqa: PLC0415 -- loaded only where a PDF is read
    from pypdf.errors import PyPdfError  # noqa: PLC0415 -- likewise

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("the PDF has a password")
        if len(reader.pages) > MOST_PAGES:
            raise Unreadable(f"the PDF has more than {MOST_PAGES} pages")
        pages = [(number, page.extract_text()) for number, page in enumerate(reader.pages, 1)]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("the PDF is damaged") from error
    if not any(text.strip() for _, text in pages):
        raise Unreadable("the PDF has no text, only pictures")
    return "\n\n".join(f"# Page {number}\n\n{text}" for number, text in pages if text.strip())


def docx(data: bytes) -> str:
    """Paragraphs and tables, as Markdown with the headings of the file.

    Raises:
        Unreadable: it is no Word file, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = archive.getinfo("word/document.xml")
            if info.file_size > LARGEST_PART:
                raise Unreadable("the Word file unpacks to too much")
            with archive.open(info) as part:
                content = part.read(LARGEST_PART + 1)
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        raise Unreadable("not a Word file, or damaged") from error
    if len(content) > LARGEST_PART or b"<!DOCTYPE" in content[:4096]:
        raise Unreadable("the Word file has what no Word file has")
    try:
        body = ET.fromstring(content).find(f"{_WORD}body")  # noqa: S314 -- it has no DOCTYPE, so no entities
    except ET.ParseError as error:
        raise Unreadable("the Word file is damaged") from error
    return "\n\n".join(_blocks(body)) if body is not None else ""


def _blocks(body: ET.Element) -> Iterator[str]:
    for block in body:
        if block.tag == f"{_WORD}p":
            yield _heading(block) + _text(block)
        elif block.tag == f"{_WORD}tbl":
            rows = block.iter(f"{_WORD}tr")
            yield "\n".join(" | ".join(map(_text, row.iter(f"{_WORD}tc"))) for row in rows)


def _heading(paragraph: ET.Element) -> str:
    style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
    name = (style.get(f"{_WORD}val") or "") if style is not None else ""
    if name == "Title":
        return "# "
    level = name.lower().removeprefix("heading").strip()
    return "#" * min(int(level), 6) + " " if level in "123456789" and level else ""


def _text(element: ET.Element) -> str:
    shown = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n"}
    parts = (each.text or "" if each.tag == f"{_WORD}t" else shown.get(each.tag, "")
             for each in element.iter())  # fmt: skip
    return "".join(parts).strip()


def main() -> None:
    """Answer with the text, or with what is wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    read = {"pdf": pdf, "docx": docx}[sys.argv[1]]
    data = sys.stdin.buffer.read()
    try:
        answer = {"text": read(data)}
    except Unreadable as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "the file needs more memory than it may"}
    json.dump(answer, sys.stdout)


def understood(output: bytes) -> str:
    """The text in an answer of `main`.

    Raises:
        Unreadable: what is wrong, in words.
    """
    try:
        answer = cast("dict[str, str]", json.loads(output))
    except ValueError as error:
        raise Unreadable("the file could not be read within its limits") from error
    if "error" in answer:
        raise Unreadable(answer["error"])
    return answer["text"]


if __name__ == "__main__":
    main()
