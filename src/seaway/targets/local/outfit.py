"""Outfit: what an instance is started with: command line, environment, folder, files, user."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seaway.errors import StepFailed
from seaway.model.workload import Workload
from seaway.targets.local.process import Identity

SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)\}|\$([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """Complete: with nothing else a process could be started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build left behind; all empty for a program that is not built."""

    bin: Path | None = None
    """The programs of a Python environment."""
    output: Path | None = None
    """A copy of what the build command made, that later builds do not touch."""
    folder: Path | None = None
    """The source folder."""


def command_outfit(  # noqa: PLR0913 -- each a different fact, used once
    argv: Sequence[str], env: Mapping[str, str], *, secret: frozenset[str], built: Built,
    home: Path, outside: Mapping[str, str],
) -> Outfit:  # fmt: skip
    """Of the user's own program.

    Raises:
        StepFailed: the program is not there, or an argument would show a secret or nothing.
    """
    whole = {**_surroundings(built, home, outside), **env}
    if built.output:
        whole.setdefault("SEAWAY_BUILD", str(built.output))
    words = tuple(argument(each, whole, secret) for each in argv)
    program = find_program(words[0], whole["PATH"], outside, built.folder or home)
    if str(program.parent) not in whole["PATH"].split(":") and "/" not in words[0]:
        whole["PATH"] += f":{program.parent}"
    return Outfit(argv=(str(program), *words[1:]), env=whole, cwd=built.folder or home)


def _surroundings(built: Built, home: Path, outside: Mapping[str, str]) -> dict[str, str]:
    """What every program gets: little, and the same everywhere."""
    own = str(Path(sys.executable).parent)
    if built.bin:
        path = (str(built.bin), *SYSTEM)
    else:  # without a folder it is a program that came with Seaway
        path = (*SYSTEM, own) if built.folder else (own, *SYSTEM)
    env = {
        "PATH": ":".join(path), "HOME": str(home), "LANG": "C.UTF-8",
        "TZ": outside.get("TZ", "UTC"), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    if built.bin:
        env["VIRTUAL_ENV"] = str(built.bin.parent)
    if built.folder:  # a project that is not a package is importable all the same
        sources = (built.folder, built.folder / "src")
        env["PYTHONPATH"] = ":".join(str(each) for each in sources if each.is_dir())
    return env


def argument(text: str, env: Mapping[str, str], secret: frozenset[str]) -> str:
    """An argument with `$NAME` and `${NAME}` replaced; `$$` is a plain `$`.

    Raises:
        StepFailed: there is no such variable, or it holds a secret: everybody on the machine can
            read the arguments of a process.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        if name in secret:
            raise StepFailed("SW255", name=name, argument=text)
        if name not in env:
            raise StepFailed("SW256", name=name, argument=text)
        return env[name]

    return _VARIABLE.sub(value, text)


def find_program(name: str, path: str, outside: Mapping[str, str], cwd: Path) -> Path:
    """The executable that a name stands for: first in `path`, then in the operator's own PATH.

    Raises:
        StepFailed: there is none.
    """
    if "/" in name:
        program = cwd / name
        if not program.is_file():
            raise StepFailed("SW257", program=name, folder=str(cwd))
        return program
    found = shutil.which(name, path=path) or shutil.which(name, path=outside.get("PATH", ""))
    if found is None:
        raise StepFailed("SW257", program=name, folder=path)
    return Path(found)


def secret_variables(workload: Workload) -> frozenset[str]:
    """The variables of a workload that hold secrets."""
    return frozenset(name for name, text in workload.env.items() if text.secret)


def server_env(env: Mapping[str, str], home: Path, programs: Sequence[Path]) -> dict[str, str]:
    """The environment of a part, completed by what the target adds."""
    folders = dict.fromkeys(str(program.parent) for program in programs)
    return {"PATH": ":".join((*folders, *SYSTEM)), "HOME": str(home), "LANG": "C.UTF-8",
            "TZ": "UTC", **env}  # fmt: skip
