"""Reads named values from the environment, or from the files it points at."""

import sys
from collections.abc import Mapping
from pathlib import Path

EX_CONFIG = 78  # sysexits.h: something in the configuration is wrong; a restart will not help


class UnusableEnvironmentError(Exception):
    """The environment cannot be used; the text names every variable at fault, in one line."""


def values(
    names: frozenset[str], secrets: frozenset[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that are set and not empty; a secret may be given as `NAME_FILE`.

    Raises:
        UnusableEnvironmentError: a file cannot be read, or a secret is given in both ways.
    """
    found = {name: environ[name] for name in names if environ.get(name)}
    for name in secrets:
        if path := environ.get(f"{name}_FILE"):
            if name in found:
                raise UnusableEnvironmentError(f"{name}: set it or {name}_FILE, not both")
            found[name] = content(name, Path(path))
    return found


def content(name: str, path: Path) -> str:
    """Return what the file holds, without the line end that editors add."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableEnvironmentError(f"{name}_FILE: cannot be read: {path}") from error


def refused_to_start(service: str, error: Exception) -> int:
    """Say in one line what is wrong with the environment; returns the exit status."""
    sys.stderr.write(f"{service}: refused to start: {error}\n")
    return EX_CONFIG
