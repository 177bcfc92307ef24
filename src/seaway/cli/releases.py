"""releases: what was released, when, by what, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import click

from seaway.cli.command import Command
from seaway.cli.place import place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.engine.rollback import MOST
from seaway.model.release import Release
from seaway.plan.differences import differences
from seaway.ports.ledger import Verdict

TONES = {
    "good": Tone.PLAIN, "serving": Tone.GOOD, "failed": Tone.BAD, "replaced": Tone.BESIDE,
    "pending": Tone.DOUBTFUL, "passed": Tone.DOUBTFUL,
}  # fmt: skip


@click.command(cls=Command, examples=("seaway releases", "seaway releases --format json"))
@click.pass_obj
def releases(settings: Settings) -> None:
    """Show the releases that can be gone back to, the newest first."""
    show, ledger = Show(settings), place_of(settings).ledger()
    wanted = ledger.wanted()
    rows = _rows(ledger.releases(MOST), wanted.number if wanted else 0)
    match settings.format:
        case Format.TABLE:
            _table(show, rows)
        case Format.JSON:
            show.json([_as_json(each) for each in rows])
        case Format.NDJSON:
            for each in rows:
                show.json(_as_json(each), indent=None)


@dataclass(frozen=True, slots=True)
class Row:
    """A release, what became of it, and what it changed."""

    release: Release
    state: str
    changes: tuple[tuple[str, str], ...]

    @property
    def by(self) -> str:
        """The command that asked for it."""
        return self.release.why or "up"


def _rows(recorded: Sequence[tuple[Release, Verdict]], wanted: int) -> list[Row]:
    before = [*(older for _, (older, _) in pairwise(recorded)), None]
    return [
        Row(release, _state(release, verdict, wanted), differences(release, older))
        for (release, verdict), older in zip(recorded, before, strict=False)
    ]


def _state(release: Release, verdict: Verdict, wanted: int) -> str:
    serving = release.number == wanted and verdict is Verdict.GOOD
    return "serving" if serving else verdict.value


def _as_json(row: Row) -> dict[str, object]:
    created = row.release.created
    return {
        "release": row.release.number,
        "when": created.isoformat(timespec="seconds") if created else "",
        "by": row.by, "state": row.state, "digest": row.release.digest,
        "changes": [{"sign": sign, "part": name} for sign, name in row.changes],
    }  # fmt: skip


def _table(show: Show, rows: Sequence[Row]) -> None:
    show.table(
        ("release", "when", "released by", "state", "changes"),
        [
            (
                Cell(str(each.release.number), Tone.STRONG),
                Cell(f"{each.release.created:%Y-%m-%d %H:%M:%S}" if each.release.created else ""),
                Cell(each.by),
                Cell(show.told(f"verdict {each.state}"), TONES[each.state]),
                Cell(_changes(show, each.changes), Tone.BESIDE),
            )
            for each in rows
        ],
    )


def _changes(show: Show, changes: Sequence[tuple[str, str]]) -> str:
    """`~ api, + worker, ~ routes`."""
    told = [f"{sign} {name or show.told('change routes')}" for sign, name in changes]
    return show.told("list comma").join(told)
