"""eject: hand a stack on Docker over to Compose, with its data and its secrets."""

from pathlib import Path

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.render import README, expect_room, read_first, rendered, write
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.durable import write_whole
from seaway.engine.resolve import Resolved
from seaway.errors import UsageError
from seaway.targets.docker.rendering.project import Project


@click.command(cls=Command, examples=("seaway eject -e docker -o handover",))
@click.option("-o", "--output", "output", metavar="FOLDER", required=True, cls=Option,
              help="option rendered output")  # fmt: skip
@click.pass_obj
def eject(settings: Settings, *, output: str) -> None:
    """Write a folder that goes on with what is there."""
    show, there = Show(settings), Path(output)
    expect_room(output)
    found, made = rendered(settings, show, with_data=True)
    if found.release.target != wiring.DOCKER:
        raise UsageError("SW287", environment=found.release.environment)
    made.files[README] = read_first(settings, found.release, made, "rendered readme ejected")
    write(show, made, there)
    if not settings.dry_run:
        _hand_over(found, made, there)
        facts = {"stack": found.release.stack, "environment": found.release.environment}
        show.note("note ejected", Tone.GOOD, folder=there, **facts)


def _hand_over(found: Resolved, made: Project, there: Path) -> None:
    """The secrets that the data was made with, where nobody else gets through to them."""
    release = found.release
    vault = wiring.open_vault(wiring.state_folder(release.stack, release.environment))
    folder = there / "secrets"
    folder.chmod(0o700)
    for name in set(made.secrets) & set(vault.versions()):
        write_whole(folder / name, vault.read(name))
        (folder / name).chmod(0o444)  # as secrets.sh makes them: a container runs as another user
