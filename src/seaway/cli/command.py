"""Commands whose help and mistakes are told in the reader's language, and the common flags."""

import importlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from seaway.cli.page import WIDTH, two_columns, wrapped
from seaway.cli.settings import Format, Settings
from seaway.cli.values import Choice, Duration
from seaway.errors import UsageError
from seaway.messages import Language, say

LOCAL = "local"
"""The environment of this machine."""


class Option(click.Option):
    """An option whose help is a code of the catalogue."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (record[0], told(ctx, self.help or ""))


class Command(click.Command):
    """A command whose words are in the catalogue under `help NAME`: a summary, then the rest."""

    passes_on = False
    """Whether what follows its arguments belongs to another program."""
    reads = ""
    """The argument that names a file of this machine, wherever the command is carried out."""

    def __init__(self, name: str | None, *, examples: Sequence[str] = (), **more: Any) -> None:  # noqa: ANN401 -- click's own parameters, handed through
        super().__init__(name, **more)
        self.add_help_option = False  # among the common flags
        self.examples = examples
        self.params = [*self.params, *common_options(named=False)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True  # refused here, in the reader's language
        with _placed(ctx):
            rest = super().parse_args(ctx, args)
        if rest and not self.passes_on and not ctx.resilient_parsing:
            raise UsageError("SW604", extra=" ".join(rest), command=ctx.command_path)
        return rest

    def invoke(self, ctx: click.Context) -> object:
        settings, name = settings_of(ctx), path_of(ctx).partition(" ")[0]
        if settings.environment != LOCAL:
            from seaway.cli.remote import carry_out, elsewhere  # noqa: PLC0415 -- few call for it

            if address := elsewhere(settings, name):
                return carry_out(settings, name, address, str(ctx.params.get(self.reads, "")))
        return super().invoke(ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        format_page(ctx, formatter, path_of(ctx), self.examples)


class Program(Command):
    """A command that hands the rest of its line to another program."""

    passes_on = True


class Reader(Command):
    """A command with a file as its argument `source`; `-` is standard input."""

    reads = "source"


STDIN = "-"


class Group(click.Group):
    """Commands loaded when named, so that starting stays quick."""

    def __init__(
        self, name: str, table: Mapping[str, str], *, later: frozenset[str] = frozenset(),
        examples: Sequence[str] = (), named: bool = False,
    ) -> None:  # fmt: skip
        """`named`: whether the common flags are read from SEAWAY_* variables here."""
        super().__init__(name, callback=_without_command)
        self.add_help_option = False  # among the common flags
        self.invoke_without_command, self.no_args_is_help = True, False
        self.params = [*self.params, *common_options(named=named)]
        self.table = table
        self.later = later
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _placed(ctx):
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx  # click hands it over
        return [name for name in self.table if not name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        where = self.table.get(cmd_name) or self.table.get(f"_{cmd_name}")
        if where is None:
            return None
        module, _, attribute = where.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.later:
            raise UsageError("SW610", command=args[0])
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise self._unknown(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    @staticmethod
    def _unknown(command: str, commands: Sequence[str]) -> UsageError:
        near, known = nearest(command, commands), ", ".join(commands)
        code = "SW602" if near else "SW636"
        return UsageError(code, command=command, nearest=near, known=known)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        format_page(ctx, formatter, path_of(ctx), self.examples)


@contextmanager
def _placed(ctx: click.Context) -> Generator[None, None, None]:
    """Let a mistake know which command it was made in; click forgets it now and then."""
    try:
        yield
    except click.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


def settings_of(ctx: click.Context) -> Settings:
    """What was set so far on this command line."""
    found = ctx.obj
    return found if isinstance(found, Settings) else Settings()


def told(ctx: click.Context, code: str, /, **facts: object) -> str:
    """The words of a code in the language of this call."""
    return say(code, facts, settings_of(ctx).language).text


def path_of(ctx: click.Context) -> str:
    """`secrets set` for that command; empty for the program itself."""
    return ctx.command_path.partition(" ")[2]


def nearest(wrong: str, known: Sequence[str]) -> str:
    """The name that was most likely meant; empty where none is like it."""
    import difflib  # noqa: PLC0415 -- slow to load, needed for mistakes only

    return next(iter(difflib.get_close_matches(wrong, known, n=1, cutoff=0.6)), "")


# ------------------------------------------------------------------------------ the common flags


def common_options(*, named: bool) -> list[click.Parameter]:
    """The flags every command takes; `named` ones are read from SEAWAY_* variables as well."""

    def option(*names: str, variable: str, **more: Any) -> Option:  # noqa: ANN401 -- click's own parameters, handed through
        return Option(
            names, envvar=f"SEAWAY_{variable}" if named else None, help=f"flag {variable.lower()}",
            expose_value=False, callback=_set, **more,
        )  # fmt: skip

    return [
        option("-f", "--file", "file", variable="FILE", metavar="FILE"),
        option("-e", "--environment", "environment", variable="ENVIRONMENT", metavar="NAME"),
        option("--set", "sets", variable="SET", multiple=True, metavar="PATH=VALUE"),
        option("-y", "--yes", "yes", variable="YES", is_flag=True),
        option("--dry-run", "dry_run", variable="DRY_RUN", is_flag=True),
        option("--format", "format", variable="FORMAT", type=Choice(Format)),
        option("--timeout", "timeout", variable="TIMEOUT", type=Duration()),
        option("-v", "--verbose", "verbose", variable="VERBOSE", count=True),
        option("-q", "--quiet", "quiet", variable="QUIET", is_flag=True),
        option("--lang", "language", variable="LANG", type=Choice(Language), is_eager=True),
        option("--no-color", "no_color", variable="NO_COLOR", is_flag=True),
        Option(
            ["-h", "--help"], is_flag=True, is_eager=True, expose_value=False, help="flag help",
            callback=_help,
        ),
    ]  # fmt: skip


def _set(ctx: click.Context, param: click.Parameter, value: Any) -> None:  # noqa: ANN401 -- whatever the option's type makes
    """Keep a flag that was given; what the command says comes after what `seaway` was told."""
    name = param.name or ""
    source = ctx.get_parameter_source(name)
    given = {click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT}
    if source not in given:
        return
    settings = settings_of(ctx)
    match name:
        case "sets":
            value = (*settings.sets, *value)
        case "verbose":
            value = settings.verbose + value
        case _:
            pass
    ctx.obj = replace(settings, **{name: value})


def _without_command() -> None:
    """Shows the help where no command is named."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _help(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 -- click calls it so
    del param
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()


# -------------------------------------------------------------------------------- pages of help


def format_page(
    ctx: click.Context, formatter: click.HelpFormatter, path: str, examples: Sequence[str]
) -> None:
    """Usage, what it does, its commands or options, examples, and the common flags."""
    pieces = [
        told(ctx, "label options piece") if "OPTIONS" in piece else piece
        for piece in ctx.command.collect_usage_pieces(ctx)
    ]
    usage = " ".join([ctx.command_path, *pieces])
    formatter.write(f"{told(ctx, 'label usage')}{usage}\n")
    for paragraph in told(ctx, f"help {path}".strip()).split("\n"):
        formatter.write("\n" + "\n".join(wrapped(paragraph, WIDTH)) + "\n")
    for title, rows in _sections(ctx, path):
        formatter.write(f"\n{told(ctx, title)}\n{two_columns(rows)}")
    if path:
        names = ", ".join(min(each.opts, key=len) for each in _options(ctx, common=True))
        lines = wrapped(told(ctx, "label common too", names=names), WIDTH)
        formatter.write("\n" + "\n".join(lines) + "\n")
    listed = "".join(f"  {example}\n" for example in examples)
    formatter.write(f"\n{told(ctx, 'label examples')}\n{listed}")


def _sections(ctx: click.Context, path: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    if isinstance(ctx.command, Group):
        yield (
            "label commands",
            [
                (name, told(ctx, " ".join(f"help {path} {name}".split())).partition("\n")[0])
                for name in ctx.command.list_commands(ctx)
            ],
        )
    if own := _records(ctx, _options(ctx, common=False)):
        yield "label options", own
    if not path:
        yield "label common", _records(ctx, _options(ctx, common=True))


def _options(ctx: click.Context, *, common: bool) -> list[click.Option]:
    return [
        param
        for param in ctx.command.get_params(ctx)
        if isinstance(param, click.Option) and (param.help or "").startswith("flag ") is common
    ]


def _records(ctx: click.Context, options: Sequence[click.Option]) -> list[tuple[str, str]]:
    return [record for option in options if (record := option.get_help_record(ctx))]
