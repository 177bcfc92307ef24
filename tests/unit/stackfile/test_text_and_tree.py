"""Bytes become a tree with places, or a finding; nothing else, however wrong they are."""

import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seaway.errors import InvalidStack
from seaway.stackfile.limits import MOST_VALUES
from seaway.stackfile.text import Source, decoded, load
from seaway.stackfile.tree import parsed
from tests.unit.stackfile.written import FILE, codes


def value_of(text: str):
    tree = parsed(Source(text, FILE))
    assert tree.findings == []
    return tree.value


def stopped_by(content: bytes):
    with pytest.raises(InvalidStack) as stopped:
        parsed(decoded(content, FILE))
    found = stopped.value.findings[-1]
    return found.code, found.at.line, found.at.column


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"),
        ("off", "off"), ("Y", "Y"), ("null", None), ("~", None), ("", None), ("Null", None),
        ("0o17", 15), ("017", 17), ("0x1F", 31), ("-5", -5), ("1_000", "1_000"), ("1:30", "1:30"),
        ("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), ("2024-01-01", "2024-01-01"),
        ("'true'", "true"), ('"5"', "5"), ("0b1", "0b1"), ("+1", 1), ("-", [None]),
        ("=", "="), ("1.2.3", "1.2.3"), ("0.0.0.0:80", "0.0.0.0:80"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_yaml_1_2(written, meant):
    """`no` is Norway and `on` is a word; a date is text and so is a time."""
    tree = parsed(Source(written, FILE))

    assert tree.value == meant
    assert type(tree.value) is type(meant)


def test_values_and_keys_have_places():
    tree = parsed(Source("a: 1\nbäh:\n  - x\r\n  - {c: d}\n", FILE))

    places = {path: (place.line, place.column) for path, place in tree.places.items()}
    keys = {path: (place.line, place.column) for path, place in tree.keys.items()}
    assert places == {
        (): (1, 1), ("a",): (1, 4), ("bäh",): (3, 3), ("bäh", 0): (3, 5), ("bäh", 1): (4, 5),
        ("bäh", 1, "c"): (4, 9),
    }  # fmt: skip
    assert keys == {("a",): (1, 1), ("bäh",): (2, 1), ("bäh", 1, "c"): (4, 6)}


def test_aliases_are_copies():
    """An override of one service must not change the other that was written with it."""
    value = value_of("a: &x {k: [1, 2]}\nb: *x\nc: &y text\nd: *y\n")

    assert value == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": "text", "d": "text"}
    assert value["a"] is not value["b"]
    assert value["a"]["k"] is not value["b"]["k"]


def test_an_anchor_in_what_was_written_twice_does_no_harm():
    tree = parsed(Source("a: &x {k: {z: 1}}\na: {c: *x}\nb: *x\n", FILE))

    assert [each.code for each in tree.findings] == ["SW115"]
    assert tree.value == {"a": {"c": {"k": {"z": 1}}}, "b": {"k": {"z": 1}}}


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        (b"a: 1\nb: \xff\n", "SW106", 2, 4),
        ("a: ä\nb: \udc80".encode("utf-8", "surrogatepass"), "SW106", 2, 4),
        ("a: 1".encode("utf-16"), "SW106", 1, 1),
        ("a: 1".encode("utf-32"), "SW106", 1, 1),
        (b"a: 1\nb: x\0y\n", "SW107", 2, 5),
        (b"a: \x1b[31m\n", "SW107", 1, 4),
        ("a: \u2028b".encode(), "SW107", 1, 4),
        (b"a: 1\n\tb: 2\n", "SW108", 2, 1),
        (b"a:\n  b: 1\n \tc: 2\n", "SW108", 3, 2),
        (b"a: [1, 2\nb: 3\n", "SW110", 1, 4),
        (b"a: 'x\nb: 3\n", "SW110", 1, 4),
        (b"a: @x\n", "SW112", 1, 4),
        (b"a: `x`\n", "SW112", 1, 4),
        (b"a:\n  b: 1\n c: 2\n", "SW113", 3, 2),
        (b"a: 1\n--- \nb: 2\n", "SW114", 2, 1),
        (b"a: *b\n", "SW119", 1, 4),
        (b"a: &b [*b]\n", "SW120", 1, 8),
        (b"[a]: 1\n", "SW116", 1, 1),
        (b"{a: 1}: 1\n", "SW116", 1, 1),
        (b"a: " + b"[" * 100, "SW121", 1, 67),
        (b"a: " + b"[" * 3000, "SW121", 1, 1003),
        (b"k" * 300 + b": 1\n", "SW124", 1, 1),
    ],
)
def test_what_cannot_be_read_on_is_placed(content, code, line, column):
    assert stopped_by(content) == (code, line, column)


def test_a_mark_of_utf_8_is_passed_over():
    """Editors on Windows write it."""
    assert parsed(decoded(b"\xef\xbb\xbfa: 1\n", FILE)).value == {"a": 1}


def test_what_is_no_file_is_told_apart(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"#" * (1 << 20) + b"\n")

    found = {}
    for name in ("nothing", "folder", "large", "nul\0"):
        with pytest.raises(InvalidStack) as stopped:
            load(tmp_path / name)
        found[name] = stopped.value.findings[0].code
    with pytest.raises(InvalidStack) as device:
        load(type(tmp_path)("/dev/zero"))

    assert found == {"nothing": "SW101", "folder": "SW102", "large": "SW104", "nul\0": "SW103"}
    assert device.value.findings[0].code == "SW103"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "~"])
def test_an_empty_file_is_told_so(text):
    assert codes(text) == ["SW105"]


@pytest.mark.parametrize("text", ["services", "- a\n- b\n", "5"])
def test_a_file_that_is_no_map_is_told_so(text):
    assert codes(text) == ["SW133"]


def laughs(levels: int) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


BOMBS = {
    "a billion laughs": laughs(40),
    "laughs below the limit of each": b"\n".join([laughs(4)] + [b"b%d: *a3" % n for n in range(9)]),
    "one line of ten million": b"a: " + b"x" * 10_000_000,
    "one line of a million": b"a: " + b"x" * 1_000_000,
    "brackets": b"[" * 1_000_000,
    "braces": b"{a: " * 250_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(90_000)),
    "a long list": b"a: [" + b"1," * 490_000 + b"]",
    "dashes": b"- " * 500_000,
    "questions": b"? " * 500_000,
    "colons": b"a" + b": " * 500_000,
    "anchors": b"".join(b"- &a%d x\n" % n for n in range(80_000)),
    "escapes": b'a: "' + b"\\n" * 500_000,
    "comments": b"#" * 1_000_000,
    "empty lines": b"\r\n" * 500_000,
    "a literal": b"a: |\n" + b" x\n" * 300_000,
    "long keys, deep": b"".join(b" " * n + b"k" * 250 + b":\n" for n in range(60))
    + b" " * 60 + b"x: [" + b"1," * (MOST_VALUES - 200) + b"]",
    "templates": b"a: {" + b"".join(b"a%d: '${'," % n for n in range(9_000)) + b"}",
    "names nobody has": b"services:\n"
    + b"".join(b" s%d: {run: a, uses: [x%d]}\n" % (n, n) for n in range(490)),
    "overrides of everything": b"services:\n"
    + b"".join(b" s%d: {run: a}\n" % n for n in range(490))
    + b"environments:\n local:\n"
    + b"".join(b"  services.*.x%d: 1\n" % n for n in range(4_000)),
    "many environments": b"services:\n"
    + b"".join(b" s%d: {run: a}\n" % n for n in range(490))
    + b"environments:\n"
    + b"".join(b" e%d:\n  services.*.replicas: 1\n" % n for n in range(3_000)),
    "defaults for many": b"defaults: {env: {" + b"".join(b"A%d: 1," % n for n in range(900))
    + b"}}\nservices:\n" + b"".join(b" s%d: {run: a}\n" % n for n in range(490)),
    "settings nobody knows": b"services:\n a:\n  run: x\n"
    + b"".join(b"  q%d: 1\n" % n for n in range(9_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_no_file_takes_long(name):
    """A second of processor time: the machine that runs the tests may be busy."""
    start = time.process_time()
    found = codes(BOMBS[name])
    took = time.process_time() - start

    assert found
    assert took < 1.5


@pytest.mark.parametrize(
    "name", ["a billion laughs", "long keys, deep", "many keys", "a long list"]
)
def test_no_file_takes_much_memory(name):
    tracemalloc.start()
    try:
        codes(BOMBS[name])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 100_000_000


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf")
@example(b"a: !!binary |\n  x")
def test_any_bytes_are_read_or_refused(content):
    codes(content)


@given(st.text(max_size=300))
@example("\x85a: 1")
@example("%YAML 1.1\n---\na: 1")
@example("a: \ufeff")
def test_any_text_is_read_or_refused(text):
    codes(text.encode("utf-8", "surrogatepass"))


PIECES = st.sampled_from(
    ["a", "b", "- ", "? ", ": ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "&x ", "*x",
     "!t ", "'", '"', "|\n", ">\n", "#", "---\n", "...\n", "\t", "<<", "1", "~", "%", "@", "\r\n",
     "services", "run", "env", "uses", "ä", "\\"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
def test_places_lie_inside_of_the_file(text):
    """A finding beyond the end of the file would send people looking."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        tree = parsed(Source(text, FILE))
        places = [*tree.places.values(), *tree.keys.values(), *(f.at for f in tree.findings)]
    except InvalidStack as stopped:
        places = [each.at for each in stopped.findings]

    for place in places:
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 2
