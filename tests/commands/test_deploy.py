"""Releases as people handle them: deploy, look, go back; with real processes."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal

pytestmark = [pytest.mark.local, pytest.mark.timeout(240)]

STACK = """
seaway: 1
name: shop
services:
  api:
    run: python3 app.py
    source: ./api
    port: 8000
    replicas: 2
    health: {ready: /, start: 2s, every: 1s}
    stop: {grace: 1s}
    rollout: {drain: 3s, before: python3 before.py}
    env: {GREETING: hello}
ingress:
  localhost:
    routes: {/: api}
"""
APP = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Says(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = (os.environ["GREETING"] + " from VERSION").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Says).serve_forever()
"""


@pytest.fixture(scope="module")
def seaway(tmp_path_factory) -> Iterator[Terminal]:
    terminal = Terminal.new(tmp_path_factory.mktemp("deploy"))
    (terminal.folder / "api").mkdir()
    (terminal.folder / "api" / "before.py").write_text("")
    (terminal.folder / "seaway.yaml").write_text(STACK)
    write(terminal, "one")
    yield terminal
    terminal("down")


def write(seaway: Terminal, version: str) -> None:
    (seaway.folder / "api" / "app.py").write_text(APP.replace("VERSION", version))


def said(seaway: Terminal) -> str:
    [address] = seaway.status()["addresses"]
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- said by status
        return answer.read().decode()


def releases(seaway: Terminal) -> list[dict]:
    return json.loads(seaway("releases", "--format", "json").stdout)


def test_releases_come_and_go(seaway, tmp_path):
    """One story: the order of the steps is the point."""
    it_is_deployed(seaway)
    another_version_takes_over(seaway, tmp_path)
    nothing_changed_is_nothing_to_do(seaway)
    they_are_listed(seaway)
    one_goes_back_without_the_source(seaway)
    a_release_that_never_gets_ready_goes_back(seaway)
    any_recorded_release_may_be_named(seaway)
    what_cannot_be_is_told(seaway)


def it_is_deployed(seaway):
    assert seaway("deploy", "--dry-run").returncode == 0
    assert seaway("deploy").returncode == 2
    assert not (seaway.folder / "state" / "shop" / "ledger.db").exists()

    done = seaway("deploy", "-y")

    assert done.returncode == 0, done.stderr
    assert "in place" in done.stdout
    assert said(seaway) == "hello from one"


def another_version_takes_over(seaway, folder: Path):
    write(seaway, "two")

    done = seaway("deploy", "-y", "--format", "json", "--html", str(folder / "report.html"))

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (told["outcome"], told["rollback"]) == ("good", "seaway rollback 1")
    assert [each["code"] for each in told["events"]][-1] == "SW531"
    assert set(told["parts"]) == {"before", "during", "after"}
    page = (folder / "report.html").read_text()
    assert "seaway rollback 1" in page
    assert 'lang="zh"' in page
    assert said(seaway) == "hello from two"


def nothing_changed_is_nothing_to_do(seaway):
    before = seaway.pids()

    assert seaway("deploy", "-y").returncode == 0

    assert seaway.pids() == before
    assert len(releases(seaway)) == 2


def they_are_listed(seaway):
    newest, oldest = releases(seaway)

    assert (newest["release"], newest["by"], newest["state"]) == (2, "deploy", "serving")
    assert {each["part"] for each in newest["changes"]} == {"api", "api-before"}
    assert (oldest["state"], oldest["changes"]) == ("good", [])
    assert seaway("releases").stdout.splitlines()[0].split()[:2] == ["RELEASE", "WHEN"]


def one_goes_back_without_the_source(seaway):
    """The code that ran then, though its folder holds another by now, or nothing that works."""
    write(seaway, "raise SystemExit(")

    done = seaway("rollback", "-y")

    assert done.returncode == 0, done.stderr
    assert said(seaway) == "hello from one"
    assert "api-before" in done.stderr  # what it did to the data stays, and is told
    assert releases(seaway)[0]["by"] == "rollback 1"
    done = seaway("rollback", "-y")  # there and back again
    assert said(seaway) == "hello from two", done.stderr


def a_release_that_never_gets_ready_goes_back(seaway):
    (seaway.folder / "api" / "app.py").write_text("import time\ntime.sleep(1000)\n")

    done = seaway("deploy", "-y", "--format", "json")

    told = json.loads(done.stdout)
    assert done.returncode == 5, done.stderr
    assert told["outcome"] == "back"
    assert told["restored"] in {each["release"] for each in releases(seaway)}
    assert "not ready after 2 s" in done.stderr
    assert said(seaway) == "hello from two"


def any_recorded_release_may_be_named(seaway):
    assert seaway("rollback", "-y", "1").returncode == 0
    assert said(seaway) == "hello from one"
    again = seaway("rollback", "-y", "1")
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True)


def what_cannot_be_is_told(seaway):
    said = seaway("rollback", "-y", "99")

    assert said.returncode == 2
    assert "SW555" in said.stderr
