"""The command of a service: an argument list, or a line that is split like one; never a shell."""

import re
import shlex
from typing import Annotated

from pydantic import BeforeValidator

from seaway.model.settings.form import Word, refuse

_OPERATORS = frozenset("();<>|&")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def argv(given: object) -> object:
    """The arguments of a line; a list passes as it is.

    Raises:
        PydanticCustomError: SW162 for a shell operator, SW169 for `NAME=value` in front, SW163 for
            an unclosed quote, SW139 for nothing at all.
    """
    if not isinstance(given, str):
        return given
    _refuse_shell(given)
    arguments = shlex.split(given)
    if not arguments:
        raise refuse("SW139", name="run")
    if found := _ASSIGNMENT.match(arguments[0]):
        raise refuse("SW169", name=found[0].rstrip("="))
    return arguments


def variables(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The names of all `$NAME` in the arguments, each once, in order."""
    return tuple(dict.fromkeys(name for each in arguments for name in _VARIABLE.findall(each)))


def _refuse_shell(line: str) -> None:
    """Quotes are kept while splitting, so that a quoted `|` is no operator."""
    pieces = shlex.shlex(line, posix=False, punctuation_chars=True)
    pieces.whitespace_split, pieces.commenters = True, ""
    try:
        operators = [each for each in pieces if set(each) <= _OPERATORS]
        shlex.split(line)
    except ValueError:
        raise refuse("SW163") from None
    if operators or "`" in line:
        raise refuse("SW162", operator=operators[0] if operators else "`")


Run = Annotated[
    tuple[Word, ...], BeforeValidator(argv, json_schema_input_type=str | list[str])
]  # fmt: skip
