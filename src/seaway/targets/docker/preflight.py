"""Preflight: what a release asks for that containers here cannot give, said before they start."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from seaway.model.finding import Finding, Place
from seaway.model.release import Release
from seaway.model.workload import Server
from seaway.targets.docker.engine import Engine

STAND_INS = frozenset({"pebble", "pebble-names"})
"""Parts that only work where everything listens on this machine's inner address."""


def shortcomings(release: Release, engine: Engine) -> Sequence[Finding]:
    """An engine that is not there, and parts that cannot be in containers."""
    return tuple(_shortcomings(release, engine))


def _shortcomings(release: Release, engine: Engine) -> Iterator[Finding]:
    socket = Path(engine.socket)
    if not socket.exists():
        yield Finding(code="SW233", facts={"socket": engine.socket})
    elif not os.access(socket, os.R_OK | os.W_OK):
        yield Finding(code="SW234", facts={"socket": engine.socket})
    for each in release.workloads:
        if isinstance(each.program, Server) and each.program.part in STAND_INS:
            facts = {"component": each.component, "part": each.program.part}
            yield Finding(code="SW235", at=Place(path=each.component), facts=facts)
