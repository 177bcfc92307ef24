"""`up` of a file that was brought up before begins with what it became, and never with less."""

import time
from collections.abc import Iterator

import pytest

from seaway.stores.lease import holder
from seaway.stores.ledger import SqliteLedger
from tests.commands.terminal import Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(120)]

STACK = """
seaway: 1
name: again
services:
  tick:
    run: [sh, -c, "echo said $GREETING; exec sleep 3600"]
    source: ./tick
    env: {GREETING: env:GREETING}
"""


@pytest.fixture
def seaway(tmp_path, monkeypatch) -> Iterator[Terminal]:
    """A stack that has been up and is down again."""
    monkeypatch.setenv("GREETING", "hello")
    terminal = Terminal.new(tmp_path)
    (terminal.folder / "seaway.yaml").write_text(STACK)
    (terminal.folder / "tick").mkdir()
    for words in (("up", "-d"), ("down",)):
        assert terminal(*words).returncode == 0
    yield terminal
    terminal("down")


def recorded(seaway: Terminal) -> int:
    """The number of the newest release."""
    ledger = SqliteLedger(seaway.state / "again/ledger.db")
    [(release, _)] = ledger.releases(1)
    ledger.close()
    return release.number


def said(seaway: Terminal) -> str:
    return seaway("logs", "tick").stdout


def test_the_same_comes_up_again(seaway):
    assert seaway("up", "-d").returncode == 0

    assert seaway.status()["health"] == "healthy"
    assert recorded(seaway) == 2
    assert said(seaway).count("said hello") == 2


def test_what_begins_too_soon_is_taken_back(seaway):
    """The folder was empty: its sources are the same without it, but now the file is wrong."""
    (seaway.folder / "tick").rmdir()

    refused = seaway("up", "-d")

    assert (refused.returncode, "SW164" in refused.stderr) == (2, True)
    assert recorded(seaway) == 2, "it did not begin before the file was understood"
    lease = seaway.state / "again/supervisor.lock"
    end = time.monotonic() + 30
    while holder(lease) and time.monotonic() < end:
        time.sleep(0.05)  # the lease tells nobody
    assert seaway("status").returncode == 7
    assert not any((seaway.state / "again/instances").iterdir())


@pytest.mark.parametrize("change", ["variable", "set", "source"])
def test_what_has_changed_is_not_remembered(seaway, monkeypatch, change):
    """Not even for a moment is something started that is not asked for any more."""
    words: tuple[str, ...] = ()
    match change:
        case "variable":
            monkeypatch.setenv("GREETING", "good morning")
        case "source":
            (seaway.folder / "tick/new").write_text("")
        case _:
            words = ("--set", "services.tick.env.GREETING=good morning")

    assert seaway("up", "-d", *words).returncode == 0

    expected = "said hello" if change == "source" else "said good morning"
    lines = [each for each in said(seaway).splitlines() if "said" in each]
    assert len(lines) == 2
    assert expected in lines[1]
