"""Writes the generated pages of docs/, or tells which are not current: `--check`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from seaway.messages import Language
from tools.reference import commands, findings, stack_file

DOCS = Path(__file__).resolve().parents[2] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "reference/stack-file.md": stack_file.page,
    "reference/commands.md": lambda: commands.page(Language.EN),
    "reference/findings.md": lambda: findings.page(Language.EN),
    "zh/reference/commands.md": lambda: commands.page(Language.ZH),
    "zh/reference/findings.md": lambda: findings.page(Language.ZH),
}
"""By path below docs/."""


def stale() -> tuple[str, ...]:
    """The pages whose text is not what would be written now."""
    return tuple(name for name, made in PAGES.items() if _kept(DOCS / name) != made())


def main(arguments: list[str]) -> int:
    """Write what is not current; with `--check` only name it, and return 1."""
    found = stale()
    for name in found:
        print(f"docs/{name}")
        if "--check" not in arguments:
            (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    return 1 if found and "--check" in arguments else 0


def _kept(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
