"""What a person set for this one call: the flags that every command takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from seaway.messages import Language

if TYPE_CHECKING:
    from seaway.targets.local.ahead import Pipe


class Format(StrEnum):
    """How data is shown."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    """One JSON value on each line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The common flags, from the command line and else from SEAWAY_* variables."""

    language: Language = Language.EN
    file: str = ""
    """Empty: the nearest `seaway.yaml`, from this folder upwards."""
    environment: str = "local"
    sets: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    format: Format = Format.TABLE
    timeout: timedelta | None = None
    verbose: int = 0
    quiet: bool = False
    no_color: bool = False
    arguments: tuple[str, ...] = ()
    """All that was typed."""
    waiting: "Pipe | None" = None
    """A supervisor that was started ahead of being needed."""


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """The reader's language, before anything is parsed: mistakes are told in it too.

    `--lang` first, then SEAWAY_LANG, then what POSIX says of LC_ALL, LC_MESSAGES and LANG.
    """
    asked = _asked(arguments)
    customs = ("SEAWAY_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = asked or next((environment[name] for name in customs if environment.get(name)), "")
    return Language.ZH if said.lower().startswith("zh") else Language.EN


def _asked(arguments: Sequence[str]) -> str:
    """The value of the last `--lang`; what follows `--` or `exec` is for another program."""
    found = ""
    for number, argument in enumerate(arguments):
        if argument in {"--", "exec"}:
            break
        if argument == "--lang":
            found = next(iter(arguments[number + 1 :]), found)
        elif argument.startswith("--lang="):
            found = argument.removeprefix("--lang=")
    return found
