"""Certificates by ACME in a whole stack: issued, shown, and told of where they cannot be had."""

import asyncio
import json
import shutil
import time

import pytest

from seaway.journey import Http
from tests.commands.terminal import Terminal

pytest.importorskip("acme", reason="the library acme is not installed")
pytestmark = [
    pytest.mark.local,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        shutil.which("pebble") is None,
        reason="Let's Encrypt's test server is not installed: apt-get install pebble",
    ),
]

HOST = "buoy.example.com"
STACK = """\
seaway: 1
name: buoy
services:
  web:
    run: python3 -m http.server $PORT --bind 127.0.0.1
    port: 8000
ingress:
  ports: {http: 28871, https: 28873}
  buoy.example.com:
    tls: {acme: {directory: %s}}
    routes: {/: web}
"""
NOBODY = "https://127.0.0.1:1/directory"


@pytest.fixture(scope="module")
def seaway(tmp_path_factory):
    terminal = Terminal.new(tmp_path_factory.mktemp("buoy"))
    yield terminal
    terminal("down")


def up(seaway: Terminal, directory: str) -> None:
    (seaway.folder / "seaway.yaml").write_text(STACK % directory)
    done = seaway("up", "-d")
    assert done.returncode == 0, done.stdout + done.stderr


def certificate(seaway: Terminal, known: str) -> dict:
    """The certificate of the host, once it has what is asked for."""
    end = time.monotonic() + 60
    while True:
        [found] = seaway.status()["certificates"]
        if found[known]:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.2)


def shown(seaway: Terminal) -> str:
    return asyncio.run(Http(seaway.status()["addresses"][0]).fingerprint(HOST))


def test_an_authority_that_cannot_be_asked_is_told_and_the_stack_serves(seaway):
    up(seaway, NOBODY)

    found = certificate(seaway, "failures")
    status = seaway("status", "--format", "json")
    doctor = seaway("doctor", "--format", "json", "--fail-on", "warning")

    assert found["fingerprint"] == ""
    assert "cannot be reached" in found["problem"]
    assert [each["code"] for each in json.loads(status.stdout)["findings"]] == ["SW680"]
    assert doctor.returncode == 4
    assert "SW680" in doctor.stdout
    assert len(shown(seaway)) == 64


def test_the_stand_in_signs_what_is_then_shown(seaway):
    own = shown(seaway)
    up(seaway, "stand-in")

    found = certificate(seaway, "fingerprint")

    assert found["issuer"].startswith("Pebble")
    assert found["failures"] == 0
    end = time.monotonic() + 30
    while shown(seaway) == own:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert shown(seaway) == certificate(seaway, "fingerprint")["fingerprint"]
    assert seaway("doctor", "--fail-on", "warning").returncode == 0
    assert f"certificate of {HOST}: by Pebble" in seaway("status").stdout
