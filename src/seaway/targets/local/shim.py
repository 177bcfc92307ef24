"""Shim: the parent of one local process; a program of its own, `python -I -S shim.py`.

It imports next to nothing: every import here is paid at each start and held by each instance.
Its arguments are for people who look at the list of processes, unless the first is `--become`:
then it is no shim but becomes a helper command, see `child.become_command`. With `--template`
it is loaded only, and copied for each start, see `template.serve`.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """Leave the caller's family, read the order from standard input, and carry it out."""
    _hollow_packages()
    if sys.argv[1:2] == ["--become"]:
        from seaway.targets.local.child import become_command  # noqa: PLC0415 -- packages first

        become_command(sys.argv[2:])
    if sys.argv[1:2] == ["--template"]:
        from seaway.targets.local.template import serve  # noqa: PLC0415 -- packages first

        serve()
    if os.fork():
        os._exit(0)
    os.setsid()
    from seaway.targets.local.keeper import Ready, keep  # noqa: PLC0415 -- packages first

    keep(Ready())


def _hollow_packages() -> None:
    """Put empty packages in the place of ours, whose own code would load half of Python."""
    for name in ("seaway", "seaway.targets", "seaway.targets.local"):
        package = type(sys)(name)
        package.__path__ = [HERE]
        sys.modules[name] = package


if __name__ == "__main__":
    main()
