"""Measures how long files and functions are, and says which are beyond the limits."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LIMIT = 400
FUNCTION_LIMIT = 40
NINE_OF_TEN = 20
EXCUSE = "# long:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: where it is and how many lines of code it has without its docstring."""

    file: str
    line: int
    name: str
    length: int
    excused: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.name}: {self.length} lines"


def sources(folder: Path = ROOT / "src") -> tuple[Path, ...]:
    """All Python files below a folder, in order."""
    return tuple(sorted(folder.rglob("*.py")))


def functions(files: Sequence[Path]) -> tuple[Function, ...]:
    """All functions of the files, those inside others too."""
    return tuple(found for file in files for found in _functions_of(file))


def percentile(lengths: Sequence[int], share: float) -> int:
    """The length that this share of all does not exceed; 0 where there is none."""
    ordered = sorted(lengths)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0


def too_long(found: Sequence[Function]) -> tuple[Function, ...]:
    """Functions beyond the limit that give no reason for it."""
    return tuple(one for one in found if one.length > FUNCTION_LIMIT and not one.excused)


def too_large(files: Sequence[Path]) -> tuple[str, ...]:
    """Files beyond the limit."""
    sizes = {_shown(file): len(file.read_text().splitlines()) for file in files}
    return tuple(f"{name}: {size} lines" for name, size in sizes.items() if size > FILE_LIMIT)


def main() -> int:
    """Print the figures; return 1 where a limit is broken."""
    files = sources()
    found = functions(files)
    lengths = [one.length for one in found]
    ninth = percentile(lengths, 0.9)
    print(f"{len(files)} files, {sum(len(file.read_text().splitlines()) for file in files)} lines")
    print(
        f"{len(found)} functions: median {percentile(lengths, 0.5)}, p90 {ninth} "
        f"(limit {NINE_OF_TEN}), longest {max(lengths, default=0)} (limit {FUNCTION_LIMIT})"
    )
    for one in sorted(found, key=lambda one: -one.length)[:5]:
        print(f"  {one}")
    broken = [*map(str, too_long(found)), *too_large(files)]
    for line in broken:
        print(f"too long: {line}", file=sys.stderr)
    return int(bool(broken) or ninth > NINE_OF_TEN)


def _functions_of(file: Path) -> Iterator[Function]:
    lines = file.read_text().splitlines()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(
                file=_shown(file),
                line=node.lineno,
                name=node.name,
                length=_length(node, lines),
                excused=any(
                    EXCUSE in line for line in lines[max(node.lineno - 2, 0) : node.lineno]
                ),
            )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> int:
    counted = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if ast.get_docstring(node) is not None:
        text = node.body[0]
        counted -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return sum(_is_code(lines[number - 1]) for number in counted)


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _shown(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


if __name__ == "__main__":
    sys.exit(main())
