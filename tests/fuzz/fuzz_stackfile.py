"""Mutates stack files and resolves them: python tests/fuzz/fuzz_stackfile.py SECONDS SEED.

Every input must end in a release or in findings, within a second of processor time and 200 MB.
Prints how many were run, the slowest and the memory used; status 1 with the input on a failure.
"""

# ruff: noqa: T201 -- a program for people

import json
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from pydantic import TypeAdapter  # noqa: E402

from seaway.components import KINDS  # noqa: E402 -- found by the line above
from seaway.components.ingress import Ingress, routing  # noqa: E402
from seaway.engine.resolve import in_order, resolve  # noqa: E402
from seaway.errors import InvalidStack  # noqa: E402
from seaway.messages import Language, say  # noqa: E402
from seaway.model.finding import Finding  # noqa: E402
from seaway.model.release import Release  # noqa: E402
from seaway.stackfile.explain import explain  # noqa: E402
from seaway.stackfile.read import from_tree  # noqa: E402
from seaway.stackfile.schema import schema  # noqa: E402
from seaway.stackfile.text import decoded  # noqa: E402
from seaway.stackfile.tree import parsed  # noqa: E402

RELEASE = TypeAdapter(Release)
FILE = "/nowhere/at/all/seaway.yaml"
LONGEST_SECONDS = 1.0
MOST_MEGABYTES = 200
CORPUS = [
    file.read_bytes()
    for folder in ("tests/wrong_files", "tests/unit/stackfile/lantern", "stacks")
    for file in sorted((ROOT / folder).rglob("*.yaml"))
    if "node_modules" not in file.parts
]
WORDS = sorted(
    {word for text in CORPUS for word in text.decode("utf-8", "replace").split()}
    | set(json.dumps(schema(KINDS, Ingress)).replace('"', " ").replace(",", " ").split())
)
TOKENS = [
    b": ", b"- ", b"\n", b"\n  ", b"\n    ", b"[", b"]", b"{", b"}", b", ", b"&a ", b"*a", b"!x ",
    b"'", b'"', b"|\n", b">\n", b"#", b"---\n", b"...\n", b"\t", b"<<: *a", b"null", b"~", b"true",
    b"-1", b"1e999", b".nan", b"0o7", b"99999999999999999999", b"${X}", b"env:X", b"secret:X",
    b"ref:a.b", b"\xff", b"\x00", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"%YAML 1.1\n",
    b"? ", b"@", b"`", b"services.*.x", b"..", b"10..2", b"5m", b"512Mi", b"/", b"*", b"\\", b"\r",
    "\u0661".encode(), "\U0001f600".encode(), "ß".encode(), b"__proto__", b"kind",
]  # fmt: skip
Mutation = Callable[[bytes, random.Random], bytes]


def flip(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :]


def insert(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(TOKENS) * chance.choice([1, 1, 1, 2, 50]) + text[at:]


def cut(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.randrange(40) :]


def swap_word(text: bytes, chance: random.Random) -> bytes:
    words = text.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(WORDS).encode()
    return b" ".join(words)


def repeat_lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    some = lines[at : at + chance.randrange(1, 5)]
    return b"".join(lines[:at] + some * chance.choice([2, 2, 3, 300]) + lines[at:])


def move_line(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"".join(lines)


def indent(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    lines[at] = b" " * chance.randrange(6) + lines[at].lstrip(b" ")
    return b"".join(lines)


def splice(text: bytes, chance: random.Random) -> bytes:
    other = chance.choice(CORPUS)
    return text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]


MUTATIONS: list[Mutation] = [
    flip, insert, insert, cut, swap_word, swap_word, repeat_lines, move_line, indent, splice,
]  # fmt: skip


def run(text: bytes, environment: str) -> Counter[str]:
    """Everything that commands do with a file, and all that is said of it, in both languages."""
    try:
        stack = from_tree(
            parsed(decoded(text, FILE)), FILE, environment, ["services.*.replicas=2"], KINDS
        )
    except InvalidStack as stopped:
        return told(tuple(each for each in stopped.findings if isinstance(each, Finding)), text)
    found = resolve(stack, KINDS, routing=routing, environ={"X": "x"}, secret_versions={"KEY": 1})
    explain(stack, KINDS)
    RELEASE.validate_json(RELEASE.dump_json(found.release))
    assert found.release.digest
    return told(found.findings, text)


def told(findings: tuple[Finding, ...], text: bytes) -> Counter[str]:
    lines = text.count(b"\n") + text.count(b"\r") + 1
    for each in in_order(findings):
        assert each.at.line <= lines, each
        for language in Language:
            assert say(each.code, each.facts, language).text, each
    return Counter(each.code for each in findings)


def memory() -> int:
    """Most megabytes this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def failed(text: bytes, why: str) -> int:
    kept = Path(f"fuzz-stackfile-{abs(hash(text)) % 10**8}.yaml")
    kept.write_bytes(text)
    print(f"FAILED: {why}\ninput kept in {kept}", flush=True)
    return 1


def main(seconds: float, seed: int) -> int:
    chance = random.Random(seed)  # noqa: S311 -- the same seed gives the same inputs
    codes: Counter[str] = Counter()
    until, count, slowest, good = time.monotonic() + seconds, 0, 0.0, 0
    worst = b""
    while time.monotonic() < until:
        text = chance.choice(CORPUS)
        for _ in range(chance.choice([1, 1, 1, 2, 3, 5, 8, 13])):
            text = chance.choice(MUTATIONS)(text, chance)
        start = time.process_time()
        try:
            found = run(text, chance.choice(["local", "production", "staging", "nowhere"]))
        except Exception:  # noqa: BLE001 -- whatever it is, it is what we look for
            return failed(text, traceback.format_exc())
        took = time.process_time() - start
        codes += found
        count, good = count + 1, good + (not found)
        if took > slowest:
            slowest, worst = took, text
        if took > LONGEST_SECONDS:
            return failed(text, f"took {took:.2f} s")
    print(f"inputs: {count}, without findings: {good}, different findings: {len(codes)}")
    print(f"slowest: {slowest:.3f} s of processor time, {len(worst)} bytes; memory: {memory()} MB")
    return int(memory() > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
