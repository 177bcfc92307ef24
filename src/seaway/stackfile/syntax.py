"""What the YAML parser stumbled over, as one of our own findings."""

import yaml

from seaway.model.finding import Finding
from seaway.stackfile.limits import DEEPEST
from seaway.stackfile.text import Source

_NOT_CLOSED = ("expected ',' or", "end of stream", "unexpected document", "unexpected end")
_INDENTATION = (
    "did not find expected key", "expected <block end>", "did not find expected '-'",
    "could not find expected ':'", "wrong indentation", "leading spaces",
    "expected the node content", "did not find expected node content",
    "block sequence entries are not allowed",
)  # fmt: skip


def syntax_finding(source: Source, error: yaml.YAMLError) -> Finding:
    """Where it stopped and, as far as can be told, why."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark is not None else getattr(error, "position", 0)
    index = min(max(int(index), 0), len(source.text))
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", ""))
    if (tab := _tab(source, index)) is not None:
        return Finding(code="SW108", at=source.place(tab))
    start = getattr(error, "context_mark", None)
    opened = "flow" in str(error) or "quoted" in str(error)
    ended = index >= len(source.text.rstrip()) or any(part in problem for part in _NOT_CLOSED)
    if opened and ended and start is not None:
        at = _opening(source, start.index)
        return Finding(code="SW110", at=source.place(at), facts=_character(source, at))
    return Finding(code=_code(problem), at=source.place(index), facts=_character(source, index))


def _opening(source: Source, index: int) -> int:
    """Where it was opened; at the end of the text, the last bracket before it."""
    if source.text[index : index + 1].strip():
        return index
    return max(0, *map(source.text.rfind, "[{"))


def _code(problem: str) -> str:
    if "depth" in problem:
        return "SW121"
    if "mapping values are not allowed" in problem:
        return "SW111"
    if "cannot start any token" in problem:
        return "SW112"
    if any(part in problem for part in _INDENTATION):
        return "SW113"
    return "SW109"


def _character(source: Source, index: int) -> dict[str, object]:
    return {"limit": DEEPEST, "character": source.text[index : index + 1].strip() or "…"}


def _tab(source: Source, index: int) -> int | None:
    """A tab among the spaces in front of that line, or at the very place."""
    if source.text[index : index + 1] == "\t":
        return index
    start = source.line_start(index)
    line = source.text[start : start + 1000]
    front = line[: len(line) - len(line.lstrip(" \t"))]
    return start + front.index("\t") if "\t" in front else None
