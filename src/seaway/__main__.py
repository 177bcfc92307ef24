"""python -m seaway, and the command `seaway`: begins with what takes longest to load."""

import gc
import sys

UNTIL_COLLECTED = 100_000
"""Objects. Loading makes many and leaves none behind: to look through them takes a tenth of it."""


def main() -> None:
    """Run one command and end with its status."""
    arguments = sys.argv[1:]
    if arguments == ["supervise"]:
        gc.disable()  # until it has loaded
        supervise()
        return
    gc.set_threshold(UNTIL_COLLECTED)
    from seaway.targets.local.ahead import ahead  # noqa: PLC0415 -- before click, which is slow

    waiting = ahead(arguments)
    from seaway.cli.main import main as command  # noqa: PLC0415 -- see above

    command(waiting)


def supervise() -> None:
    """The command `supervise` for itself alone: it is waited for, and what helps people is slow."""
    from asyncio import CancelledError  # noqa: PLC0415 -- `main` needs nothing of this

    from seaway.wiring import supervise_when_told  # noqa: PLC0415 -- see above

    try:
        supervise_when_told()
    except CancelledError:  # asked to end by a signal: everything goes on running
        return
    except Exception as problem:  # noqa: BLE001 -- the command line's edge
        from seaway.cli.main import ended  # noqa: PLC0415 -- see above
        from seaway.cli.settings import Settings  # noqa: PLC0415 -- see above

        sys.exit(ended(problem, sys.argv[1:], Settings()))


if __name__ == "__main__":
    main()
