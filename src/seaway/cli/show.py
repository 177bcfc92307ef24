"""The only file that knows colour: findings, errors, tables and lines, on stdout and stderr."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from seaway.cli.page import padded, width
from seaway.cli.settings import Format, Settings
from seaway.errors import InvalidStack, SeawayError
from seaway.messages import say
from seaway.model.finding import Finding, Severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Tone(StrEnum):
    """What a word means to the reader; how that looks is decided here."""

    PLAIN = ""
    GOOD = "green"
    BAD = "bold red"
    DOUBTFUL = "yellow"
    BESIDE = "dim"
    STRONG = "bold"
    FIRST = "cyan"
    SECOND = "magenta"
    THIRD = "blue"
    FOURTH = "green"
    FIFTH = "yellow"


@dataclass(frozen=True, slots=True)
class Cell:
    """A word in a line or a table."""

    text: str
    tone: Tone = Tone.PLAIN


SEVERITY_TONES = {
    Severity.ERROR: Tone.BAD,
    Severity.WARNING: Tone.DOUBTFUL,
    Severity.INFO: Tone.STRONG,
}


class Show:
    """Puts data on stdout and everything else on stderr."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._tones: dict[str, Tone] = {}

    @cached_property
    def stdout(self) -> "Console":
        """For data."""
        return _console(self.settings, stderr=False)

    @cached_property
    def stderr(self) -> "Console":
        """For all else."""
        return _console(self.settings, stderr=True)

    # ------------------------------------------------------------------------------------ words

    def told(self, code: str, /, **facts: object) -> str:
        """Words of the catalogue in the reader's language."""
        return say(code, facts, self.settings.language).text

    def note(self, code: str, tone: Tone = Tone.PLAIN, /, **facts: object) -> None:
        """Tell something beside the data; not with `--quiet`."""
        if not self.settings.quiet:
            self.aside(Cell(self.told(code, **facts), tone))

    def aside(self, *cells: Cell) -> None:
        """A line on stderr, whatever `--quiet` says."""
        self.stderr.print(_line(cells))

    def tone_of(self, name: str) -> Tone:
        """The tone that tells this name from others; the same for as long as the call lasts."""
        turn = (Tone.FIRST, Tone.SECOND, Tone.THIRD, Tone.FOURTH, Tone.FIFTH)
        return self._tones.setdefault(name, turn[len(self._tones) % len(turn)])

    def clear(self) -> None:
        """Begin the screen anew, where there is one."""
        if self.settings.format is Format.TABLE and self.stdout.is_terminal:
            self.stdout.clear()

    @contextmanager
    def live(self, rows: Callable[[], Sequence[Sequence[Cell]]]) -> Generator[None, None, None]:
        """Keep these rows up to date on the terminal for as long as the block runs."""
        from rich.console import Group  # noqa: PLC0415 -- see `_console`
        from rich.live import Live  # noqa: PLC0415 -- see `_console`

        def drawn() -> Group:
            return Group(*(_line(each) for each in aligned(rows())))

        with Live(get_renderable=drawn, console=self.stderr, refresh_per_second=8):
            yield

    def line(self, *cells: Cell) -> None:
        """A line of data on stdout."""
        self.stdout.print(_line(cells))

    def data(self, text: str) -> None:
        """Text for stdout as it is, complete with its line ends."""
        self.stdout.file.write(text)
        self.stdout.file.flush()

    def json(self, value: object, *, indent: int | None = 2) -> None:
        """A value for programs; times and paths become strings."""
        self.data(json.dumps(value, ensure_ascii=False, indent=indent, default=str) + "\n")

    # ----------------------------------------------------------------------- what went wrong

    def error(self, error: SeawayError) -> None:
        """The cause first, then what to do; nothing where it has been told."""
        if isinstance(error, InvalidStack):
            for each in error.findings:
                if isinstance(each, Finding):
                    self.finding(each, self.stderr)
        if not error.facts.get("told"):
            self.cause(error)
            self.remedy(error)

    def cause(self, error: SeawayError) -> None:
        """What went wrong."""
        self._head(Finding(code=error.code, facts=error.facts), self.stderr)

    def remedy(self, error: SeawayError) -> None:
        """What to do about it."""
        self._fix(say(error.code, error.facts, self.settings.language).fix, self.stderr)

    def finding(self, finding: Finding, console: "Console | None" = None) -> None:
        """Where, what, the line of source, and the fix; on stdout if nothing else is said."""
        console = console or self.stdout
        self._head(finding, console)
        for line in _excerpt(finding):
            console.print(line)
        self._fix(say(finding.code, finding.facts, self.settings.language).fix, console)

    def beside(self, findings: Sequence[Finding]) -> None:
        """Findings on stderr, beside other data; those for information with `-v` only."""
        for each in findings:
            if each.severity is not Severity.INFO or self.settings.verbose:
                self.finding(each, self.stderr)

    def _head(self, finding: Finding, console: "Console") -> None:
        kind = f"{self.told(f'label {finding.severity}')}[{finding.code}]"
        console.print(
            _text(kind, SEVERITY_TONES[finding.severity]).append(_where(finding), Tone.PLAIN)
        )
        for line in self.told(finding.code, **finding.facts).splitlines():
            console.print(_text(f"  {line}"))

    def _fix(self, fix: str, console: "Console") -> None:
        if not fix:
            return
        label = self.told("label fix")
        first, *more = fix.splitlines()
        console.print(_text(f"  {label}", Tone.GOOD).append(first, Tone.PLAIN))
        for line in more:
            console.print(_text(" " * (width(label) + 2) + line))

    def findings_json(self, findings: Sequence[Finding]) -> list[dict[str, object]]:
        """Findings as programs read them."""
        return [self._as_json(each) for each in findings]

    def _as_json(self, finding: Finding) -> dict[str, object]:
        said = say(finding.code, finding.facts, self.settings.language)
        return {
            "code": finding.code, "severity": finding.severity.value, "file": finding.at.file,
            "line": finding.at.line, "column": finding.at.column, "path": finding.at.path,
            "message": said.text, "fix": said.fix,
        }  # fmt: skip

    # ------------------------------------------------------------------------------------ tables

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Columns as wide as their widest cell; nothing is cut, so that pipes get it all."""
        self.rows([[Cell(self.told(f"label {head}"), Tone.STRONG) for head in heads], *rows])

    def rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """The same with titles of one's own."""
        for row in aligned(rows):
            self.line(*row)


def _console(settings: Settings, *, stderr: bool) -> "Console":
    """Made when there is something to say: loading what draws it takes as long as many a call."""
    from rich.console import Console  # noqa: PLC0415 -- see above

    class Pipe(Console):
        """A console that lets its caller know when nobody reads any more."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Pipe(
        stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False,
        no_color=settings.no_color or None, color_system=None if settings.no_color else "auto",
    )  # fmt: skip


def aligned(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """The rows with each column as wide as its widest cell."""
    columns = [max(width(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    return [_trimmed(_padded(row, columns)) for row in rows]


def _padded(row: Sequence[Cell], columns: Sequence[int]) -> list[Cell]:
    return [
        Cell(padded(cell.text, columns[number]) + "  ", cell.tone)
        for number, cell in enumerate(row)
    ]


def _trimmed(row: list[Cell]) -> list[Cell]:
    """Without the spaces at the end."""
    while row and not row[-1].text.strip():
        row = row[:-1]
    return [*row[:-1], Cell(row[-1].text.rstrip(), row[-1].tone)] if row else []


def _text(words: str = "", tone: Tone = Tone.PLAIN) -> "Text":
    from rich.text import Text  # noqa: PLC0415 -- see `_console`

    return Text(words, tone)


def _line(cells: Sequence[Cell]) -> "Text":
    text = _text()
    for cell in cells:
        text.append(cell.text, cell.tone)
    return text


def _where(finding: Finding) -> str:
    at = finding.at
    spot = ":".join([near(at.file), *(str(number) for number in (at.line, at.column) if number)])
    return "".join(f" {part}" for part in (spot if at.file else "", at.path) if part)


def near(file: str) -> str:
    """The file as seen from here, when that is shorter."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


UNSHOWN = frozenset({"SW241"})
"""Findings whose line holds what must not get into a log, too."""


def _excerpt(finding: Finding) -> "list[Text]":
    """The line of source and a mark under what is meant; nothing where there is no line."""
    at = finding.at
    shown = at.file and at.line and finding.code not in UNSHOWN
    lines = _source(at.file) if shown else ()
    if not 0 < at.line <= len(lines):
        return []
    source = lines[at.line - 1]
    before = source[: at.column - 1] if at.column else ""
    margin = " " * len(str(at.line))
    mark = "^" * _length(source, at.column) if at.column else ""
    return [
        _text(f"  {margin} |", Tone.BESIDE),
        _text(f"  {at.line} | ", Tone.BESIDE).append(source.replace("\t", " "), Tone.PLAIN),
        _text(f"  {margin} | ", Tone.BESIDE).append(" " * width(before) + mark, Tone.BAD),
    ]


def _length(source: str, column: int) -> int:
    """Columns of the word that starts there, at least one."""
    word = ""
    for character in source[column - 1 :]:
        if character in " \t,]}#" or (character == ":" and word):
            break
        word += character
    return max(width(word), 1)


@lru_cache(maxsize=16)
def _source(file: str) -> tuple[str, ...]:
    try:
        return tuple(Path(file).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()
