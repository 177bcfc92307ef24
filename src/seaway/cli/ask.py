"""Questions to a person. Without a terminal there are none: a call never hangs."""

import getpass
import sys

from seaway.cli.show import Show
from seaway.errors import Interrupted, UsageError

YES = frozenset({"y", "yes", "是"})


def agree(show: Show, code: str, /, **facts: object) -> None:
    """Return when the answer is yes, given by `-y` or at the terminal.

    Raises:
        UsageError: there is no terminal to ask on, or the answer was another.
    """
    if show.settings.yes:
        return
    question = show.told(code, **facts)
    if not at_terminal():
        raise UsageError("SW614", question=question)
    given = _answer(f"{question} {show.told('ask yes or no')} ")
    if given.strip().lower() not in YES:
        raise UsageError("SW615")


def answer(show: Show, code: str, /, **facts: object) -> str:
    """What a person typed.

    Raises:
        UsageError: there is no terminal to ask on.
    """
    question = show.told(code, **facts)
    if not at_terminal():
        raise UsageError("SW614", question=question)
    return _answer(f"{question} ").strip()


def hidden(show: Show, code: str, /, **facts: object) -> str:
    """What a person typed, not shown while typing."""
    return getpass.getpass(show.told(code, **facts) + " ")


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answer(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise Interrupted("SW620")
    return line
