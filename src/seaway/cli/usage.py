"""Mistakes on the command line that click finds, as errors of ours: with code, words and fix."""

import click

from seaway.cli.command import nearest
from seaway.cli.values import shown
from seaway.errors import UsageError


def translated(error: click.ClickException) -> UsageError:
    """The same mistake, in a form that has words in both languages."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    command = ctx.command_path if ctx else "seaway"
    match error:
        case click.NoSuchOption():
            near = nearest(error.option_name, _options(ctx))
            code = "SW601" if near else "SW635"
            return UsageError(code, option=error.option_name, command=command, nearest=near)
        case click.MissingParameter():
            return UsageError("SW603", name=shown(error.param), command=command)
        case click.BadOptionUsage():
            code = "SW606" if _is_flag(ctx, error.option_name) else "SW605"
            return UsageError(code, option=error.option_name, command=command)
        case _:
            return UsageError("SW611", problem=error.format_message(), command=command)


def _options(ctx: click.Context | None) -> list[str]:
    params = ctx.command.get_params(ctx) if ctx else []
    return [
        name
        for param in params
        if isinstance(param, click.Option) and not param.hidden
        for name in param.opts
        if name.startswith("--")
    ]


def _is_flag(ctx: click.Context | None, name: str) -> bool:
    params = ctx.command.get_params(ctx) if ctx else []
    return any(
        isinstance(param, click.Option) and name in param.opts and param.is_flag for param in params
    )
