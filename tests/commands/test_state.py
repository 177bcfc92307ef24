"""What the state folder of a stack tells those who use it."""

import json
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(240)]
STACK = "seaway: 1\nname: twin\nservices:\n  one: {run: sleep 3600}\n"


@pytest.fixture
def seaway(tmp_path) -> Terminal:
    terminal = Terminal.new(tmp_path)
    (terminal.folder / "seaway.yaml").write_text(STACK)
    yield terminal
    terminal("down")


def test_a_second_file_of_the_same_name_is_warned_of(seaway, tmp_path):
    """Two checkouts would replace each other's services and share their data unawares."""
    first = seaway("up", "-d")
    other = Terminal(tmp_path / "other", seaway.state)
    other.folder.mkdir()
    (other.folder / "seaway.yaml").write_text(STACK)

    planned, again = other("plan"), seaway("plan")

    assert first.returncode == 0
    assert "SW631" not in first.stderr + again.stderr
    assert "warning[SW631]" in planned.stderr
    assert str(seaway.folder / "seaway.yaml") in planned.stderr


def test_a_down_can_be_foretold_as_data(seaway):
    """`--dry-run` changes nothing in any format."""
    seaway("up", "-d")

    told = seaway("down", "--dry-run", "--format", "json")

    assert json.loads(told.stdout) == {"stack": "twin", "environment": "local", "stops": ["one"]}
    assert seaway.status()["health"] == "healthy"


def test_a_damaged_ledger_is_an_error_with_a_way_out(seaway):
    """Moved away, the next `up` adopts what runs."""
    seaway("up", "-d")
    [before] = seaway.pids().values()
    Path("/proc", str(before)).exists()
    supervisor = seaway.status()["supervisor"]
    seaway("down")
    assert supervisor
    ledger = seaway.state / "twin" / "ledger.db"
    for each in ledger.parent.glob("ledger.db-*"):
        each.unlink()
    ledger.write_bytes(b"damaged" * 1000)

    said = seaway("up", "-d")

    assert said.returncode == 1
    assert "error[SW541]" in said.stderr
    ledger.rename(ledger.with_name("aside"))
    assert seaway("up", "-d").returncode == 0
