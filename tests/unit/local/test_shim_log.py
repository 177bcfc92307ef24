"""The log a shim writes: whatever bytes come, JSON lines that lose nothing and cut no character."""

import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.targets.local.shim_log import LONGEST, Log, quoted


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def written(path: Path, *chunks: bytes) -> list[dict[str, object]]:
    log = Log(str(path), 1 << 30, 3)
    for chunk in chunks:
        log.feed("stdout", chunk)
    log.finish("stdout")
    log.close()
    lines = read(path) if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


@pytest.fixture
def path(tmp_path):
    return tmp_path / "web" / "web-1.jsonl"


@given(text=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_any_bytes_cut_anywhere_come_back_as_the_lines_they_were(tmp_path_factory, text, cuts):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    places = [0, *sorted(cuts), len(text)]
    chunks = [text[a:b] for a, b in pairwise(places) if text[a:b]]

    lines = written(path, *chunks)

    whole = text.replace(b"\r\n", b"\n").decode(errors="replace")
    expected = whole.removesuffix("\n").split("\n") if whole else []
    assert [line["m"] for line in lines] == expected


@given(length=st.integers(LONGEST - 3, 3 * LONGEST), wide=st.booleans())
def test_a_long_line_is_cut_between_characters(tmp_path_factory, length, wide):
    path = tmp_path_factory.getbasetemp() / "long.jsonl"
    text = ("a" + ("界" if wide else "b") * length).encode()[:length].decode(errors="ignore")
    data = text.encode() + b"\nnext\n"
    chunks = [data[at : at + 65536] for at in range(0, len(data), 65536)]

    lines = written(path, *chunks)

    assert "".join(str(line["m"]) for line in lines[:-1]) == text
    assert lines[-1]["m"] == "next"
    assert all(len(str(line["m"]).encode()) <= LONGEST for line in lines)
    assert [line.get("more", False) for line in lines] == [True] * (len(lines) - 2) + [False] * 2


def test_each_line_carries_time_and_stream(path):
    before = time.time()

    [line] = written(path, b"hello\n")

    assert list(line) == ["t", "s", "m"]
    assert line["s"] == "stdout"
    assert str(line["t"]).endswith("Z")
    assert time.strftime("%Y-%m-%dT%H", time.gmtime(before)) in str(line["t"])


@given(st.text())
def test_a_quoted_text_is_a_json_string(text):
    kept = text.encode(errors="replace").decode()

    assert json.loads(quoted(text)) == kept


def test_with_a_single_file_to_keep_it_is_emptied_when_full(path):
    log = Log(str(path), 1000, 1)
    for number in range(100):
        log.feed("stdout", b"line %d\n" % number)
    log.close()

    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert path.stat().st_size <= 1000
    assert read(path)[-1]["m"] == "line 99"


def test_a_log_that_cannot_be_opened_costs_lines_but_no_exception(path):
    """The service is worth more than its log."""
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    log = Log(str(path), 1000, 3)
    log.feed("stdout", b"one\ntwo\n")
    path.parent.unlink()

    log.feed("stdout", b"three\n")
    log.close()

    note, line = read(path)
    assert note["s"] == "seaway"
    assert str(note["m"]).startswith("2 lines were not kept: ")
    assert line["m"] == "three"


def test_rotated_files_get_rising_numbers_and_only_the_newest_are_kept(path):
    log = Log(str(path), 500, 4)
    for number in range(200):
        log.feed("stdout", b"line %d\n" % number)
        if log.compressor:
            os.waitpid(log.compressor, 0)
            log.compressed()
    log.close()

    names = sorted(found.name for found in path.parent.iterdir())
    numbers = [int(name.split(".")[2]) for name in names if name != path.name]
    assert len(names) == 4
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert all(name.endswith(".gz") for name in names if name != path.name)
