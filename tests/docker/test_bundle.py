"""A stack out of one file, as on a machine where nothing can be pulled and no source is."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from httpx2 import get

from seaway.targets.docker.engine import SOCKET
from seaway.targets.docker.images.bases import PYTHON
from tests.docker.test_images import there
from tests.faults.torture.town import free_port

STACK = """
seaway: 1
name: boxed
services:
  web: {{static: ./web}}
ingress:
  boxed.example.com: {{tls: "off", routes: {{/: {{to: web}}}}}}
  ports: {{http: {http}, https: {https}}}
environments:
  docker: {{target: docker}}
"""


pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not there(PYTHON), reason="no engine with the base image"
    ),
]


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="seaway-bundle-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def called(folder, state, *arguments):
    env = {**os.environ, "SEAWAY_STATE": str(state)}
    said = subprocess.run(
        [sys.executable, "-m", "seaway", *arguments], cwd=folder, env=env, capture_output=True,
        text=True, timeout=900, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.long
def test_a_stack_comes_up_from_a_bundle_alone(folder):
    """What was tried elsewhere is what runs, though its source is gone and nothing is pulled."""
    http = free_port()
    web, stack = folder / "web", folder / "seaway.yaml"
    web.mkdir()
    (web / "index.html").write_text("out of a box")
    stack.write_text(STACK.format(http=http, https=free_port()))

    called(folder, folder / "here", "bundle", "-e", "docker", "-o", "boxed.bundle")
    shutil.rmtree(web)
    stack.rename(folder / "put-away.yaml")
    called(folder, folder / "there", "deploy", "--bundle", "boxed.bundle", "-y")
    host = {"host": "boxed.example.com"}
    said = get(f"http://127.0.0.1:{http}/", headers=host).text
    stack.write_text((folder / "put-away.yaml").read_text())
    called(folder, folder / "there", "down", "-e", "docker")

    assert said == "out of a box"


def test_a_bundle_that_is_broken_off_is_not_there(folder):
    """Half of one would be found out far away, where nothing can be made."""
    web, stack = folder / "web", folder / "seaway.yaml"
    web.mkdir()
    (web / "index.html").write_text("half")
    stack.write_text(STACK.format(http=free_port(), https=free_port()))
    env = {**os.environ, "SEAWAY_STATE": str(folder / "here")}
    argv = (sys.executable, "-m", "seaway", "bundle", "-e", "docker", "-o", "boxed.bundle")
    call = subprocess.Popen(argv, cwd=folder, env=env, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(folder.glob(".boxed.bundle.*")) and time.monotonic() < deadline:
        time.sleep(0.05)

    call.send_signal(signal.SIGINT)
    call.communicate(timeout=60)

    assert call.returncode == 130
    assert {each.name for each in folder.iterdir()} <= {"web", "seaway.yaml", "here"}


@pytest.mark.parametrize("name", ["odd.bundle", "missing.bundle"])
def test_what_is_no_bundle_is_refused(folder, name):
    (folder / "odd.bundle").write_bytes(b"\x1f\x8bno")
    env = {**os.environ, "SEAWAY_STATE": str(folder / "there")}
    said = subprocess.run(
        [sys.executable, "-m", "seaway", "deploy", "--bundle", name, "-y"], cwd=folder,
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert said.returncode == 2
    assert "SW239" in said.stderr
