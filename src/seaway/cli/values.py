"""Values of options, checked: a wrong one is told in the reader's language."""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from seaway.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem  # slow to load, and seldom needed

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


class Choice(click.ParamType, Generic[ChoiceT]):  # type: ignore[type-arg]  # generic in newer clicks only
    """One of the values of an enumeration."""

    name = "choice"

    def __init__(self, choices: type[ChoiceT]) -> None:
        self.choices = choices

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "|".join(self.choices)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ChoiceT:
        del ctx
        try:
            return self.choices(str(value))
        except ValueError:
            known = ", ".join(self.choices)
            raise UsageError("SW607", option=shown(param), value=value, known=known) from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # noqa: PLC0415 -- slow, seldom needed

        del ctx, param
        return [CompletionItem(each.value) for each in self.choices if each.startswith(incomplete)]


class Whole(click.ParamType):  # type: ignore[type-arg]  # as above
    """A whole number, not below `least`."""

    name = "number"

    def __init__(self, least: int) -> None:
        self.least = least

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        del ctx
        text = str(value)
        if text.isascii() and text.isdigit() and int(text) >= self.least:
            return int(text)
        raise UsageError("SW609", option=shown(param), value=text, least=self.least)


class Duration(click.ParamType):  # type: ignore[type-arg]  # as above
    """A time with its unit: `30s`, `5m`, `1h30m`."""

    name = "duration"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        del ctx
        if isinstance(value, timedelta):
            return value
        found = _duration(str(value))
        if found is None:
            raise UsageError("SW608", option=shown(param), value=value)
        return found


class Part(click.ParamType):  # type: ignore[type-arg]  # as above
    """The name of a part of the stack; a shell completes it from what runs."""

    name = "part"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # noqa: PLC0415 -- slow, seldom needed

        from seaway.cli.place import running_parts  # noqa: PLC0415 -- slow, seldom needed

        del ctx, param
        return [CompletionItem(name) for name in running_parts() if name.startswith(incomplete)]


def shown(param: click.Parameter | None) -> str:
    """How a parameter is called by people: its longest option, or its metavar."""
    if param is None:
        return "?"
    if isinstance(param, click.Argument):
        return param.human_readable_name.upper()
    return _longest(param.opts)


def _longest(names: Sequence[str]) -> str:
    return max(names, key=len, default="?")


_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(text: str) -> timedelta | None:

    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
