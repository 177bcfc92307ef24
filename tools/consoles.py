"""Runs the console blocks of pages and writes down what they print; `--check` only compares.

A block is fenced as `console`, its commands begin with `$ `. A comment `<!-- file: PATH -->` above
another block writes that block into a file first. Each page has a folder and a state of its own,
which are shown as `/home/you` and `/var/lib/seaway`. Its ingress is given ports that nobody else
on this machine wants, shown as the usual ones.
"""

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>[^ ]+) -->\n+)?^```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LONGEST = 300
"""Seconds that one command may take."""
RESERVED = range(28100, 32700)
"""Above what stacks give out, below what the kernel does."""
VARYING = (
    (re.compile(r"(?:\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\bsource-[0-9a-f]{16}\b"), "source-ID"),
    (re.compile(r"\b([a-z][a-z0-9-]*)-[0-9a-f]{6}\b"), r"\1-ID"),
    (re.compile(r"\b(?:\d+m ?)?\d+(?:\.\d+)?(?:ms| ms|s\b| s\b)"), "SPAN"),
    (re.compile(r"\b\d+(\.\d+)? [kMGT]?B\b"), "SIZE"),
    (re.compile(r"\bpid \d+"), "pid N"),
    (re.compile(r"[ ─]{2,}"), "  "),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)
"""What differs from run to run, and what it is compared as."""
PROGRESS = re.compile(r"^ +\d+\.\d s  .*\n", re.MULTILINE)
"""What happened on the way: its order is nobody's promise."""
BUSY = re.compile(r"^(warning.SW27[34]|  the \w+ limits|  fix: lower).*\n", re.MULTILINE)
"""What depends on how many processors there are."""


def pages() -> tuple[Path, ...]:
    """The pages that have console blocks; the Chinese README shows what the English one does."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return tuple(page for page in found if "```console" in page.read_text(encoding="utf-8"))


def same(one: str, other: str) -> bool:
    """Whether two outputs differ in nothing but what differs from run to run."""
    return _plain(one) == _plain(other)


def replayed(text: str, language: str) -> str:
    """The page with the output of each of its commands as it is now."""
    with tempfile.TemporaryDirectory(prefix="seaway-docs-") as folder:
        stage = Stage(Path(folder), language)
        stage.reserve(text)
        try:
            return BLOCK.sub(stage.block, text)
        finally:
            stage.clear()


def language_of(page: Path) -> str:
    """The language of a page, by its place."""
    return "zh" if "zh" in page.relative_to(ROOT).parts else "en"


@dataclass
class Stage:
    """Where the commands of one page run."""

    root: Path
    language: str

    def __post_init__(self) -> None:
        self.home, self.state = self.root / "home", self.root / "state"
        self.home.mkdir()
        self.state.mkdir(mode=0o711)
        self.root.chmod(0o711)
        self.here = self.home

    def reserve(self, text: str) -> None:
        """Remember other ports for the ingress of each stack, as if they had been given to it."""
        given = dict(zip(("http/0 for 8080", "https/0 for 8443"), _free_ports(), strict=False))
        for name in (
            re.findall(r"^name: (\w+)$", text, re.MULTILINE) if "\ningress:" in text else ()
        ):
            folder = self.state / name
            folder.mkdir(mode=0o711, exist_ok=True)
            noted = {f"ingress/{key}": port for key, port in given.items()}
            (folder / "ports.json").write_text(json.dumps(noted))

    def block(self, found: re.Match[str]) -> str:
        """The same block, its files written and its commands run."""
        body = found["body"]
        if found["file"]:
            file = self.home / found["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, encoding="utf-8")
        if found["language"] != "console":
            return found[0]
        return found[0].replace(body, "".join(self._calls(body)))

    def clear(self) -> None:
        """Take down what a page left running."""
        for file in self.home.rglob("seaway.yaml"):
            self._run(f"seaway -q -f {shlex.quote(str(file))} down")

    def _calls(self, body: str) -> Iterator[str]:
        for each in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
            if not each.startswith("$ "):
                continue
            command, _, before = each[2:].partition("\n")
            after = self._run(command)
            kept = bool(before) == bool(after) and same(before, after)
            yield f"$ {command}\n{before if kept else after}"

    def _run(self, command: str) -> str:
        for usual, port in self._ports():
            command = _renumbered(command, usual, port)
        command = command.replace("/var/lib/seaway", str(self.state))
        script = f"cd {shlex.quote(str(self.here))}\n{command}\npwd > {self.root}/where"
        done = subprocess.run(
            ["bash", "-c", script], env=self._environment(), timeout=LONGEST, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.here = Path((self.root / "where").read_text().strip())
        return self._shown(done.stdout)

    def _ports(self) -> Iterator[tuple[str, str]]:
        """The port that was wanted and the one it became, for each of the ingress."""
        for file in self.state.glob("*/ports.json"):
            for key, port in json.loads(file.read_text()).items():
                _, wanted, usual = str(key).partition(" for ")
                if wanted:
                    yield usual, str(port)

    def _shown(self, output: str) -> str:
        for path, shown in ((self.home, "/home/you"), (self.state, "/var/lib/seaway")):
            output = output.replace(str(path), shown)
        for usual, port in self._ports():
            output = _renumbered(output, port, usual)
        text = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
        return re.sub(r"\n+\Z", "\n", text)

    def _environment(self) -> Mapping[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SEAWAY_", "LC_", "PYTEST"))
        }
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1",
            "SEAWAY_LANG": self.language, "SEAWAY_STATE": str(self.state),
        }  # fmt: skip


def main(arguments: list[str]) -> int:
    """Replay the pages named, or all; return 1 where one differs and `--check` was given."""
    named = [Path(each).resolve() for each in arguments if each != "--check"]
    differing = 0
    for page in named or pages():
        before = page.read_text(encoding="utf-8")
        after = replayed(before, language_of(page))
        if before != after:
            differing += 1
            print(page.relative_to(ROOT))
            if "--check" not in arguments:
                page.write_text(after, encoding="utf-8")
    return 1 if differing and "--check" in arguments else 0


def _plain(text: str) -> str:
    text = BUSY.sub("", PROGRESS.sub("", text))
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


def _free_ports() -> Iterator[int]:
    """Ports that no stack gives out by itself and nobody listens on, another row for each run."""
    start = RESERVED.start + os.getpid() * 7 % (len(RESERVED) // 2)
    for port in range(start, RESERVED.stop):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            yield port


def _renumbered(text: str, port: str, other: str) -> str:
    return re.sub(rf"(?<!\d){port}(?!\d)", other, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
