"""completion: a script for the shell that completes commands and options."""

from enum import StrEnum

import click
from click.shell_completion import get_completion_class

from seaway.cli.command import Command
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.cli.values import Choice


class Shell(StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


EXAMPLES = (
    "seaway completion bash > ~/.local/share/bash-completion/completions/seaway",
    "seaway completion zsh > ~/.zfunc/_seaway",
    "seaway completion fish > ~/.config/fish/completions/seaway.fish",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("shell", type=Choice(Shell))
@click.pass_context
def completion(ctx: click.Context, *, shell: Shell) -> None:
    """Print the script of one shell."""
    settings = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    made = get_completion_class(shell)
    if made is not None:
        script = made(ctx.find_root().command, {}, "seaway", "_SEAWAY_COMPLETE")
        Show(settings).data(script.source_template % script.source_vars() + "\n")
