"""Files become text, within limits; what cannot be read is said, and costs little."""

import tracemalloc
import zlib

import pytest

from seaway.ai.rag.extracting import MOST_PAGES
from seaway.ai.rag.reading import Read, Reader
from seaway.serving.refusal import Refusal
from tests.ai.rag.documents import bomb, docx, locked, pdf


async def read(data: bytes, name: str = "") -> Read:
    return await Reader().read(data, name)


async def refused(data: bytes, name: str = "") -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        await read(data, name)
    return refusal.value.status, str(refusal.value)


async def test_a_pdf_is_read_page_by_page_whatever_it_is_called():
    found = await read(pdf("First of all", "And then"), "notes.txt")

    assert found == Read(
        "# Page 1\n\nFirst of all\n\n# Page 2\n\nAnd then", markdown=True, kind="pdf"
    )


async def test_a_word_file_keeps_its_headings_and_tables():
    data = docx(("Title", "菜谱"), ("Heading2", "用料"), ("", "鸡蛋两个。"),
                table=(("盐", "2 克"), ("糖", "1 克")))  # fmt: skip

    found = await read(data, "menu.docx")

    assert found.text == "# 菜谱\n\n## 用料\n\n鸡蛋两个。\n\n盐 | 2 克\n糖 | 1 克"
    assert found.kind == "docx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
async def test_text_is_read_as_it_was_written(encoding):
    """Chinese Windows writes GB 18030 to this day."""
    found = await read("海是蓝的。\r\n".encode(encoding), "a.md")

    assert found == Read("海是蓝的。\n", markdown=True, kind="markdown")


async def test_what_is_no_text_has_a_type_that_is_refused():
    for data in (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04 no archive", b"\x7fELF\0\0"):
        assert (await refused(data, "a.txt"))[0] == 415


async def test_what_cannot_be_read_is_said():
    status, words = await refused(locked(pdf("secret")))
    assert (status, words) == (422, "It cannot be read: the PDF has a password.")
    assert (await refused(pdf("")))[1].endswith("has no text, only pictures.")
    assert (await refused(pdf("x")[:200]))[0] == 422
    assert (await refused(b"\xff\xfe\xff" * 9))[0] == 422
    assert (await refused(b" \n "))[0] == 422


async def test_too_much_is_refused_before_it_is_unpacked():
    """What takes megabytes apart runs in a process of its own; this one stays small."""
    word, many = bomb(), pdf(*["x"] * (MOST_PAGES + 1))
    blown = pdf("x", raw=zlib.compress(b"BT" + b" " * 120_000_000))
    tracemalloc.start()
    try:
        assert (await refused(word))[1].endswith("unpacks to too much.")
        assert "pages" in (await refused(many))[1]
        assert (await refused(blown))[0] == 422
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


async def test_entities_in_a_word_file_are_not_unfolded():
    """A billion laughs in ten lines of XML."""
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>'

    assert (await refused(docx(whole=laughs)))[1].endswith("has what no Word file has.")
