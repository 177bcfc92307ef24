"""`install`: the unit is one that systemd takes, and holds no secret."""

import shutil
import subprocess
import sys

import pytest

from seaway.targets.local.systemd import Unit

STACK = """\
seaway: 1
name: mill
services:
  api: {run: python3 -m http.server $PORT, port: 8000}
"""


@pytest.fixture
def unit(seaway, write, monkeypatch):
    """What would be written."""
    write(STACK)
    monkeypatch.setenv("SEAWAY_VAULT_KEY", "a-key-that-nobody-may-see")
    said = seaway("install", "--dry-run")
    assert said.status == 0, said
    return said.out


def test_the_unit_starts_the_supervisor_and_leaves_what_runs_alone(unit, tmp_path):
    lines = unit.splitlines()

    command = f"{sys.executable} -m seaway supervise --stack mill -e local"
    assert f"ExecStart={command}" in lines
    assert f"Environment=SEAWAY_STATE={tmp_path / 'state'}" in lines
    assert "KillMode=process" in lines
    assert "Restart=on-failure" in lines
    assert "a-key-that-nobody-may-see" not in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_it(unit, tmp_path):
    file = tmp_path / "seaway-mill-try.service"
    file.write_text(unit)

    done = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_is_installed_for_a_stack_that_was_never_started(seaway, write):
    write(STACK)

    said = seaway("install", "-y")

    assert said.status == 7
    assert "SW624" in said.err


@pytest.mark.parametrize(
    ("owner", "environment", "file", "wanted"),
    [
        (0, "local", "/etc/systemd/system/seaway-mill.service", "multi-user.target"),
        (1000, "production", "/home/li wei/.config/systemd/user/seaway-mill-production.service",
         "default.target"),
    ],
)  # fmt: skip
def test_root_and_others_get_units_of_their_own_managers(owner, environment, file, wanted):
    unit = Unit(
        stack="mill", environment=environment, python="/opt/100% sea/bin/python",
        environ={"HOME": "/home/li wei", "OTHER": "x"}, owner=owner,
    )  # fmt: skip

    assert str(unit.file) == file
    assert f"WantedBy={wanted}" in unit.text
    assert 'ExecStart="/opt/100%% sea/bin/python" -m seaway' in unit.text
    assert 'Environment="HOME=/home/li wei"' in unit.text
    assert "OTHER" not in unit.text
