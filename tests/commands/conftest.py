"""Whole calls of the command line, in a folder of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from seaway.cli.main import run

OUTSIDE = ("SEAWAY_FILE", "SEAWAY_ENVIRONMENT", "SEAWAY_LANG", "LC_ALL", "LC_MESSAGES", "NO_COLOR")


@dataclass(frozen=True)
class Said:
    """What a call came to."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        """As a person sees it: stdout, then stderr, then the status."""
        return f"{self.out}{self.err}[{self.status}]"


Seaway = Callable[..., Said]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def seaway(here, tmp_path, monkeypatch, capsys) -> Seaway:
    """Call `seaway`, in English unless asked otherwise; its state is thrown away."""
    for name in OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("SEAWAY_STATE", str(tmp_path / "state"))

    def call(*arguments: str) -> Said:
        status = run(arguments)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


@pytest.fixture
def write(here) -> Callable[[str], Path]:
    """Write the stack file of the project."""

    def written(text: str) -> Path:
        file = here / "seaway.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written
