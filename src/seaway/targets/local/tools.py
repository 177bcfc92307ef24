"""Tools: programs that building needs, and whether this machine has them."""

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

BUILTIN = frozenset({"cd", "echo", "export", "set", "test", "true", "false", "[", ":", "exec"})
"""Words that the shell itself knows."""
_BETWEEN = re.compile(r"&&|\|\||[;|\n]")


def find_uv(outside: Mapping[str, str]) -> Path | None:
    """uv: of the package beside this Python, else from the operator's PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = shutil.which("uv", path=outside.get("PATH", ""))
    return beside if beside.is_file() else Path(found) if found else None


def missing_tools(command: str, outside: Mapping[str, str]) -> tuple[str, ...]:
    """The programs that a shell line starts and that are not installed, in order."""
    programs = (_program(part) for part in _BETWEEN.split(command))
    path = outside.get("PATH", "")
    wanted = dict.fromkeys(each for each in programs if each and each not in BUILTIN)
    return tuple(
        each for each in wanted
        if "/" not in each and "$" not in each and not shutil.which(each, path=path)
    )  # fmt: skip


def _program(part: str) -> str:
    """The first word that is not an assignment; empty where there is none, or it cannot be read."""
    try:
        words = shlex.split(part)
    except ValueError:
        return ""
    return next((word.strip("()") for word in words if "=" not in word), "")
