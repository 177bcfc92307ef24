"""The log a shim writes: whatever bytes come, JSON lines that lose nothing and cut no character."""

import json
import os
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.targets.local.json_lines import quoted
from seaway.targets.local.pump import Pump
from seaway.targets.local.shim_log import Log
from seaway.targets.local.spool import LONGEST, READ, SIZE, WRITTEN, Spool


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class Said:
    """What goes through a spool and a pump into a log, in one process."""

    def __init__(self, path: Path, size: int = 1 << 30, files: int = 3) -> None:
        self.spool = Spool()
        self.log = Log(str(path), size, files)
        self.pump = Pump(self.spool, self.log, None)

    def __call__(self, text: bytes, *, last: bool = False) -> None:
        self.spool.put(0, text)
        while self.pump.work(last=last):
            pass

    def close(self) -> None:
        self.log.close()
        for descriptor in (*self.spool._rings, self.spool.news, self.spool.room):
            os.close(descriptor)

    def killed(self) -> None:
        """The pump forgets what it did not commit; another one goes on."""
        self.log.close()
        self.pump = Pump(self.spool, self.log, None)
        self.pump.recover()
        self(b"")


def written(path: Path, *chunks: bytes) -> list[dict[str, object]]:
    said = Said(path)
    for chunk in chunks:
        said(chunk)
    said(b"", last=True)
    said.close()
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
    said = Said(path, 1000, 1)
    for number in range(100):
        said(b"line %d\n" % number)

    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert path.stat().st_size <= 1000
    assert read(path)[-1]["m"] == "line 99"


def test_a_log_that_cannot_be_opened_costs_lines_but_no_exception(path):
    """The service is worth more than its log."""
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    said = Said(path, 1000)
    said(b"one\ntwo\n")
    path.parent.unlink()

    said(b"three\n")

    note, line = read(path)
    assert note["s"] == "seaway"
    assert str(note["m"]).startswith("2 lines were not kept: ")
    assert line["m"] == "three"


def test_rotated_files_get_rising_numbers_and_only_the_newest_are_kept(path):
    said = Said(path, 500, 4)
    for number in range(200):
        said(b"line %d\n" % number)
        if said.log.compressor_fd >= 0:
            said.log.compressed()

    names = sorted(found.name for found in path.parent.iterdir())
    numbers = [int(name.split(".")[2]) for name in names if name != path.name]
    assert len(names) == 4
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert all(name.endswith(".gz") for name in names if name != path.name)


# ----------------------------------------------------------------------------- a pump is killed


class Killed(BaseException):
    """Stands for the signal that nothing can catch."""


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"")), min_size=1),
    torn=st.integers(0, 2000), after=st.booleans(),
)  # fmt: skip
def test_killed_in_the_middle_of_a_write_nothing_is_lost_twice_or_torn(
    tmp_path_factory, lines, torn, after
):
    """The kernel may have written all of it, a part of it that ends anywhere, or nothing."""
    path = tmp_path_factory.getbasetemp() / "killed.jsonl"
    path.unlink(missing_ok=True)
    said = Said(path)
    said(b"before\n")
    append = said.log.append

    def appended_in_part(batch: bytes) -> tuple[bytes, int]:
        append(batch if after else batch[:torn])
        raise Killed

    said.log.append = appended_in_part
    try:
        said(b"".join(line + b"\n" for line in lines))
    except Killed:
        said.log.append = append
        said.killed()
    said(b"then\n")
    said.close()

    expected = [line.removesuffix(b"\r").decode(errors="replace") for line in lines]
    assert [line["m"] for line in read(path)] == ["before", *expected, "then"]


def test_killed_while_it_told_of_lost_lines_it_tells_once(path):
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    said = Said(path)
    said(b"one\ntwo\n")
    path.parent.unlink()
    append = said.log.append

    def appended(batch: bytes) -> tuple[bytes, int]:
        append(batch)
        raise Killed

    said.log.append = appended
    with pytest.raises(Killed):
        said(b"three\n")
    said.log.append = append
    said.killed()

    assert [str(line["m"]).split()[0] for line in read(path)] == ["2", "three"]


@given(sizes=st.lists(st.integers(1, READ), min_size=1, max_size=12), put=st.booleans())
def test_what_a_killed_shim_had_moved_and_not_said_is_in_the_log(tmp_path_factory, sizes, put):
    """Killed after a splice and before its word: the place in the file tells."""
    path = tmp_path_factory.getbasetemp() / "moved.jsonl"
    path.unlink(missing_ok=True)
    said, (reader, writer), text = Said(path), os.pipe(), b""
    os.set_blocking(reader, False)
    for size in sizes:
        text += b"x" * (size - 1) + b"\n"
        os.write(writer, text[-size:])
        while len(text) > said.spool._words[WRITTEN]:
            said.spool.splice(0, reader)
            said(b"")
        if put:
            said(b"put\n")
            text += b"put\n"
    os.write(writer, b"the last words\n")
    before = said.spool._words[WRITTEN]
    said.spool.splice(0, reader)
    said.spool._words[WRITTEN] = before

    said.spool.inherit()
    with suppress(BlockingIOError):
        said.spool.splice(0, reader)  # the ring may have ended
    said(b"")
    said.close()
    os.close(reader)
    os.close(writer)

    assert [line["m"] for line in read(path)] == [*text.decode().splitlines(), "the last words"]


def test_what_a_killed_shim_was_taking_back_is_still_there(path):
    said = Said(path)
    said.spool.put(0, b"whole\nbegun")
    os.lseek(said.spool._rings[0], len(b"whole\n"), os.SEEK_SET)

    said.spool.inherit()
    said(b"", last=True)
    said.close()

    assert [line["m"] for line in read(path)] == ["whole", "begun"]


def test_what_is_thrown_away_leaves_whole_lines_only(path):
    """A ring that is full ends in the middle of a line."""
    said = Said(path)
    said.spool.put(0, b"a line of a log\n" * (SIZE // 16) + b"never")
    said.spool.put(0, b"mind")
    assert not said.spool.space(0)

    said.spool.drop_begun_line(0)
    said.spool.dropped(7)
    said(b"")
    said(b"after\n")

    found = [line["m"] for line in read(path)]
    assert set(found[:-2]) == {"a line of a log"} or found[0].startswith("7 lines")
    assert found[-1] == "after"
    assert [line for line in found if "not kept" in str(line)] == [
        "7 lines were not kept: the log was not written in time"
    ]
