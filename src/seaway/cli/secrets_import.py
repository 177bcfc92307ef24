"""secrets import: the secrets of a .env file."""

import re
import sys
from pathlib import Path

import click

from seaway.cli.ask import agree
from seaway.cli.command import STDIN, Reader
from seaway.cli.secrets import safe
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.errors import UsageError

EXAMPLES = ("seaway secrets import .env", "pass show shop.env | seaway secrets import -")


@click.command("import", cls=Reader, examples=EXAMPLES)
@click.argument("source", metavar="FILE")
@click.pass_obj
def import_file(settings: Settings, *, source: str) -> None:
    """Keep those values that the stack file asks for; values that differ need a yes."""
    show, kept = Show(settings), safe(settings)
    values = _read(source)
    known = {need.name for need in kept.needs}
    there = kept.vault.versions()
    wanted = {
        name: value for name, value in values.items()
        if name in known and (name not in there or kept.vault.read(name) != value)
    }  # fmt: skip
    replaced = sorted(wanted.keys() & there.keys())
    if replaced and not settings.dry_run:
        agree(show, "ask replace", names=", ".join(replaced))
    for name, value in wanted.items():
        version = "-" if settings.dry_run else kept.vault.write(name, value)
        show.note("note secret kept", Tone.GOOD, name=name, version=version)
    left = sorted(values.keys() - known)
    if left:
        show.note("note left", names=", ".join(left))


def _read(file: str) -> dict[str, str]:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError("SW627", file=file, problem=problem) from error
    return {match["name"]: _unquoted(match) for match in ASSIGNMENT.finditer(text)}


ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<plain>[^\r\n]*?))
    [ \t]*(?:(?<=[ \t"'])\#[^\r\n]*)?\r?$""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
"""Quotes may hold line ends; a comment after a plain value has a space before it."""

ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def _unquoted(match: re.Match[str]) -> str:
    if match["single"] is not None:
        return match["single"]
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), match["double"], flags=re.DOTALL)
    return match["plain"]
