"""Sent: how far the sending of images is, by tenths: a line drawn again is no use in a log."""

from collections.abc import Callable

from seaway.cli.show import Show, Tone

MEGABYTE = 1_000_000


def sent(show: Show) -> Callable[[int, int], None]:
    """Takes how many bytes are done, of how many."""
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if (tenth := 10 * done // max(total, 1)) > told:
            told = tenth
            facts = {"percent": 10 * tenth, "total": f"{total / MEGABYTE:.0f}"}
            show.note("note sent", Tone.BESIDE, **facts)

    return progress
