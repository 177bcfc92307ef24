"""Doctor against a real stack in which things are broken for real."""

import json
import os
import signal
import socket

import pytest

from tests.commands.terminal import Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(240)]

STACK = """\
seaway: 1
name: sick
services:
  picky:
    run: [python3, -c, "raise SystemExit('JWT_SECRET must be at least 32 characters')"]
    uses: [cache]
  lost:
    run: [python3, -c, "import time; time.sleep(600)"]
    env: {DATABASE_URL: "postgresql://app:secret@127.0.0.1:1/app"}
data:
  cache: {kind: redis}
"""


@pytest.fixture(scope="module")
def seaway(tmp_path_factory):
    terminal = Terminal.new(tmp_path_factory.mktemp("sick"))
    (terminal.folder / "seaway.yaml").write_text(STACK)
    yield terminal
    terminal("down")


def doctor(seaway) -> tuple[int, dict[str, set[str]]]:
    """The status, and the codes found by the part that they are about."""
    said = seaway("doctor", "--format", "json")
    found: dict[str, set[str]] = {}
    for check in json.loads(said.stdout)["checks"]:
        for each in check["findings"]:
            if each["severity"] == "error":
                found.setdefault(each["path"], set()).add(each["code"])
    return said.returncode, found


def test_doctor_names_each_cause(seaway):
    """One journey: each step breaks one thing more."""
    for step in (
        nothing_is_wrong_before_the_start, services_that_fail_are_explained,
        a_dead_store_without_a_supervisor_is_found, a_taken_port_is_found,
    ):  # fmt: skip
        step(seaway)


def nothing_is_wrong_before_the_start(seaway):
    assert doctor(seaway) == (0, {})


def services_that_fail_are_explained(seaway):
    assert seaway("up", "-d").returncode == 1

    status, found = doctor(seaway)

    assert status == 4
    assert found == {"picky": {"SW668"}, "lost": {"SW654"}}
    assert seaway("doctor").returncode == 4


def a_dead_store_without_a_supervisor_is_found(seaway):
    status = seaway.status()
    [cache] = [each for each in status["workloads"] if each["name"] == "cache"]
    os.kill(status["supervisor"], signal.SIGKILL)
    os.kill(cache["instances"][0]["pid"], signal.SIGKILL)

    status, found = doctor(seaway)

    assert status == 4
    assert found[""] == {"SW646"}
    assert found["cache"] & {"SW656", "SW651"}


def a_taken_port_is_found(seaway):
    """Stores keep their port for ever: who took it meanwhile must leave."""
    [cache] = [each for each in seaway.status()["workloads"] if each["name"] == "cache"]
    port = int(cache["instances"][-1]["addresses"]["redis"].rpartition(":")[2])
    seaway("down")
    with socket.create_server(("127.0.0.1", port)):
        status, found = doctor(seaway)

    assert status == 4
    assert found == {"": {"SW644"}}
    assert doctor(seaway) == (0, {})
