"""One running aixsss for all journeys, brought up and taken down by the real command line."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    shutil.rmtree(folder, onerror=unless_gone)


def unless_gone(
    _function: object, _path: str, raised: tuple[type[BaseException], BaseException, object]
) -> None:
    """A supervisor that ends meanwhile takes some of its files away itself."""
    if not isinstance(raised[1], FileNotFoundError):
        raise raised[1]


@contextmanager
def in_place(seaway: Seaway) -> Iterator[Seaway]:
    """The stack, up; taken down whatever happens, by force where asking is not enough."""
    try:
        seaway("up", "-d", "--timeout", "240s")
        yield seaway
    finally:
        try:
            seaway("down", "--timeout", "120s", status=None)
        finally:
            left = own_processes(seaway.state / seaway.file.parent.name)
            for each in left:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
    assert left == {}


@pytest.fixture(scope="session")
def aixsss(state_parent: Path) -> Iterator[Seaway]:
    """Where npm is: its pages are built."""
    if shutil.which("npm") is None:
        pytest.skip("the pages of aixsss are built with npm, and there is none here")
    file = REPOSITORY / "stacks/aixsss/seaway.yaml"
    with in_place(Seaway(file, state_parent, sets=(UNLIMITED,))) as seaway:
        yield seaway


@pytest.fixture(scope="module")
def heartalk(state_parent: Path) -> Iterator[Seaway]:
    """On ports of its own, beside aixsss."""
    file = REPOSITORY / "stacks/heartalk/seaway.yaml"
    ports = "ingress.ports={http: 28080, https: 28443}"
    with in_place(Seaway(file, state_parent, sets=(ports,))) as seaway:
        yield seaway


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest) -> str:
    """Where people find it."""
    if given := os.environ.get("SEAWAY_AIXSSS_URL"):
        return given.rstrip("/")
    seaway: Seaway = request.getfixturevalue("aixsss")
    return str(seaway.status()["addresses"][0]).rstrip("/")
