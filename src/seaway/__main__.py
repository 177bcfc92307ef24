"""python -m seaway."""

import sys


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
    if sys.argv[1:] == ["supervise"]:
        supervise()
    else:
        from seaway.cli.main import main

        main()
