"""A stack from the first command to the last, with real processes."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.terminal import LIMIT, Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def seaway(tmp_path_factory) -> Iterator[Terminal]:
    terminal = Terminal.new(tmp_path_factory.mktemp("stack"))
    assert terminal("new", "shop").returncode == 0
    terminal.folder /= "shop"
    yield terminal
    terminal("down")


def get(address: str) -> dict:
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- said by status
        return json.load(answer)


def test_a_stack_lives_its_life(seaway):
    """One journey: the order of the steps is the point."""
    for step in (
        nothing_runs_at_first, it_comes_up, it_is_as_the_file_says, it_says_how_it_does,
        its_logs_can_be_read, a_command_runs_inside, it_is_restarted, it_is_scaled,
        the_file_counts_again, it_is_waited_for, a_broken_release_is_rolled_back,
        doctor_finds_nothing, it_goes_down, it_comes_back, it_goes_down, nothing_runs_at_last,
    ):  # fmt: skip
        step(seaway)


def nothing_runs_at_first(seaway):
    said = seaway("status")

    assert (said.returncode, said.stdout) == (7, "")
    assert "seaway up" in said.stderr
    assert seaway("down").returncode == 7


def it_comes_up(seaway):
    said = seaway("up", "-d")

    assert said.returncode == 0, said.stderr
    [address] = said.stdout.split()
    assert get(address) == {"message": "hello from shop"}
    assert "api" in said.stderr


def it_is_as_the_file_says(seaway):
    assert seaway("plan", "--exit-code").returncode == 0
    assert seaway("plan", "--exit-code", "--set", "services.api.env.GREETING=hi").returncode == 3
    before = seaway.pids()

    again = seaway("up", "-d")

    assert again.returncode == 0
    assert seaway.pids() == before


def it_says_how_it_does(seaway):
    status = seaway.status()

    assert status["health"] == "healthy"
    assert status["supervisor"] > 0
    os.kill(status["supervisor"], 0)
    assert get(status["addresses"][0])["message"]
    table = seaway("status")
    assert table.stdout.splitlines()[0].split() == [
        "PART",
        "STATE",
        "READY",
        "AGE",
        "ADDRESS",
        "NOTE",
    ]
    assert "healthy" in table.stdout


def its_logs_can_be_read(seaway):
    lines = seaway("logs", "api", "--grep", "serving on", "--format", "ndjson").stdout.splitlines()

    assert [json.loads(line)["workload"] for line in lines] == ["api"]
    assert seaway("logs", "nobody").returncode == 2
    assert seaway("logs", "--grep", "(").returncode == 2


def a_command_runs_inside(seaway):
    said = seaway("exec", "api", "--", "sh", "-c", "echo $GREETING; exit 3")

    assert (said.returncode, said.stdout) == (3, "hello\n")


def it_is_restarted(seaway):
    before = seaway.pids()

    assert seaway("restart", "api").returncode == 0

    after = seaway.pids()
    changed = {name for name in before if before[name] not in after.values()}
    assert {name.rpartition("-")[0].partition(".")[0].split("-")[0] for name in changed} == {"api"}
    assert seaway("plan", "--exit-code").returncode == 0


def it_is_scaled(seaway):
    assert seaway("scale", "api=2").returncode == 0

    [api] = [each for each in seaway.status()["workloads"] if each["name"] == "api"]
    assert (api["wanted"], api["ready"]) == (2, 2)
    assert seaway("scale", "ingress=2").returncode == 2
    assert seaway("scale", "api=many").returncode == 2


def the_file_counts_again(seaway):
    assert seaway("plan", "--exit-code").returncode == 3
    assert seaway("up", "-d").returncode == 0

    [api] = [each for each in seaway.status()["workloads"] if each["name"] == "api"]
    assert api["ready"] == 1


def it_is_waited_for(seaway):
    assert seaway("wait", "api", "--timeout", "20s").returncode == 0


def a_broken_release_is_rolled_back(seaway):
    """Exit 5: the cause, the last lines, what came back, and what to do."""
    said = seaway("up", "-d", "--set", 'services.api.run=["python3", "-c", "raise SystemExit(9)"]')

    assert said.returncode == 5, said.stderr
    assert "error[SW532]" in said.stderr
    assert "rolled back" in said.stderr
    assert get(seaway.status()["addresses"][0])["message"]


def doctor_finds_nothing(seaway):
    said = seaway("doctor")

    assert said.returncode == 0, said.stdout


def it_goes_down(seaway):
    pids = seaway.pids()

    said = seaway("down")

    assert said.returncode == 0, said.stderr
    assert not any(Path("/proc", str(pid)).exists() for pid in pids.values())


def it_comes_back(seaway):
    """What was good before begins at once, and is shown as it would be before anything begins."""
    said = seaway("up", "-d")

    assert said.returncode == 0, said.stderr
    [address] = said.stdout.split()
    assert get(address)["message"]
    assert "+ api" in said.stderr


def nothing_runs_at_last(seaway):
    assert seaway("status").returncode == 7
    assert seaway("down", "--destroy-data", "other").returncode == 2
    assert seaway("down", "--destroy-data").returncode == 2
    assert seaway("down", "--destroy-data", "shop").returncode == 0


def test_ctrl_c_takes_a_stack_in_the_foreground_down(seaway):
    """As people end what they started; its data is kept, and the status says interrupted."""
    with seaway.start("up") as process:
        address = process.stdout.readline().strip()
        assert get(address)["message"]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)

    assert process.returncode == 130, err
    assert seaway("status").returncode == 7


def test_a_reader_that_leaves_is_no_error(seaway):
    """`seaway … | head` must neither fail nor complain."""
    said = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m seaway explain | head -n 1"],
        cwd=seaway.folder, env=seaway.environment, capture_output=True, text=True, timeout=LIMIT,
        check=False,
    )  # fmt: skip

    assert (said.returncode, said.stderr) == (0, "")
