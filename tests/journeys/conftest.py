"""One running aixsss for all journeys, brought up and taken down by the real command line."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.running import REPOSITORY, Seaway, own_processes

UNLIMITED = "ingress.aixsss.example.com.routes./api.rate=5000/s per ip"
"""All load comes from one address here."""


@pytest.fixture(scope="session")
def state_parent() -> Iterator[Path]:
    """A folder for state that other users may pass through, as /var/lib is."""
    folder = Path(tempfile.mkdtemp(prefix="sw-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def aixsss(state_parent: Path) -> Iterator[Seaway]:
    """The stack, in place; taken down whatever happens, by force where asking is not enough."""
    if shutil.which("npm") is None:
        pytest.skip("the pages of aixsss are built with npm, and there is none here")
    seaway = Seaway(REPOSITORY / "stacks/aixsss/seaway.yaml", state_parent, sets=(UNLIMITED,))
    try:
        seaway("up", "-d", "--timeout", "150s")
        yield seaway
    finally:
        try:
            seaway("down", "--timeout", "120s", status=None)
        finally:
            left = own_processes(state_parent)
            for each in left:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
    assert left == {}


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest) -> str:
    """Where people find it."""
    if given := os.environ.get("SEAWAY_AIXSSS_URL"):
        return given.rstrip("/")
    seaway: Seaway = request.getfixturevalue("aixsss")
    return str(seaway.status()["addresses"][0]).rstrip("/")
