"""The guide to backups, typed as written: saved, destroyed, restored, drilled."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from seaway import wiring
from seaway.engine.access import s3_access
from seaway.engine.reaching import reached
from seaway.wire.s3 import Bucket
from tests.journeys.conftest import in_place, unless_gone
from tests.journeys.running import REPOSITORY, Seaway

pytestmark = pytest.mark.local
GUIDE = REPOSITORY / "docs/guides/backups.md"
STACK = """\
seaway: 1
name: keeper
services:
  api: {run: python3 -m http.server $PORT --bind 127.0.0.1, port: 8000, uses: [db, cache]}
ingress:
  ports: {http: 28931, https: 28943}
  keeper.example.com: {tls: "off", routes: {/: api}}
environments:
  local: {}
  second: {}
  other: {data.db.database: another}
data:
  db:
    kind: postgres
    resources: {memory: 256Mi}
    connections: 20
    backup:
      to: local
      point_in_time: 7d
      goals: {rpo: 1m, rto: 5m}
      references: {files/pics: SELECT key FROM pics}
  cache: {kind: redis, backup: {to: local, goals: {rpo: 1h}}}
  files: {kind: s3, buckets: {pics: {}}, backup: {to: local, goals: {rpo: 1h}}}
"""
JOURNEY = """\
from seaway.journey import Both, Evidence, Journey, Line, expect


class Visit:
    def __init__(self, system):
        self.system, self.client = system, system.http()

    async def page(self):
        answer = await self.client.get("/")
        expect(answer.status == 200, Both("no page", "没有页面"), status=answer.status)
        done = await self.system.execute("db", "psql", "-qAtc", "SELECT count(*) FROM pics")
        return Evidence(Both(f"pictures: {done.stdout.strip()}", "页面已返回"))

    async def wrong(self):
        raise AssertionError("it is not for drills")


JOURNEY = Journey(begin=Visit, lines=(
    Line(id="page", says=Both("A page comes", "返回页面"), check=Visit.page, drilled=True),
    Line(id="wrong", says=Both("Never in drills", "演练中不执行"), check=Visit.wrong),
))
"""
PICTURES = int(os.environ.get("SEAWAY_REFERENCES", "200"))
"""Rows that point to objects: 10,000 as the promise D10 has it, when it is measured."""


@pytest.fixture(scope="module")
def keeper(state_parent, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keeper") / "keeper"
    folder.mkdir()
    (folder / "seaway.yaml").write_text(STACK)
    (folder / "journey.py").write_text(JOURNEY)
    with in_place(Seaway(folder / "seaway.yaml", state_parent)) as seaway:
        seaway.wait_until(lambda: "db" in seaway("backups"), "the first backup")
        sql(seaway, "CREATE TABLE t (id serial, v text)")
        sql(seaway, "CREATE TABLE pics (key text)")
        yield seaway


def sql(seaway: Seaway, text: str) -> str:
    return seaway("exec", "db", "--", "psql", "-qAtc", text).strip()


def known_until(seaway: Seaway) -> datetime:
    """The last moment that can be restored."""
    rows = json.loads(seaway("backups", "--format", "json"))
    found = [each["any_moment_until"] for each in rows if each["any_moment_until"]]
    return max(map(datetime.fromisoformat, found), default=datetime.fromtimestamp(0, UTC))


def runbook() -> list[list[str]]:
    """The commands of the chapter about the loss of everything, but for the key."""
    chapter = GUIDE.read_text().partition("## Runbook: everything is lost")[2]
    block = re.search(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert block
    lines = block[1].splitlines()
    assert lines[0] == "export SEAWAY_RECOVERY_KEY=…"
    return [shlex.split(line)[1:] for line in lines[1:]]


def test_with_everything_lost_the_runbook_brings_all_of_it_back(keeper):
    """Vault, ledger and volumes are gone; the last row was acknowledged a moment before."""
    sql(keeper, "INSERT INTO t (v) SELECT 'row' FROM generate_series(1, 5000)")
    written = datetime.now(UTC)
    keeper("backup")
    key = keeper("backups", "--key").strip()
    keeper.wait_until(lambda: known_until(keeper) > written, "the log")
    keeper("down")
    shutil.rmtree(keeper.state / "keeper", onerror=unless_gone)
    anew = Seaway(keeper.file, keeper.state, environ={"SEAWAY_RECOVERY_KEY": key})

    begun = time.monotonic()
    for words in runbook():
        anew(*words)

    assert time.monotonic() - begun < 300  # RTO of the document
    assert sql(keeper, "SELECT count(*) FROM t") == "5000"
    assert keeper("backups", "--key").strip() == key


def test_a_moment_before_a_mistake_can_be_had_and_left_again(keeper):
    begun = datetime.now(UTC)
    keeper.wait_until(lambda: known_until(keeper) > begun, "the log again")
    good = datetime.now(UTC)
    keeper.wait_until(lambda: known_until(keeper) > good, "the log")
    sql(keeper, "DELETE FROM t")

    keeper("restore", "--at", good.isoformat(), "--store", "db", "-y")

    assert sql(keeper, "SELECT count(*) FROM t") == "5000"
    keeper("restore", "--back", "-y")
    assert sql(keeper, "SELECT count(*) FROM t") == "0"
    keeper("restore", "--confirm", "-y")


def test_a_restore_that_is_broken_off_leaves_nothing_of_itself(keeper):
    """As by a machine that shuts down, or by Ctrl-C."""
    words = ["-m", "seaway", "-f", str(keeper.file), "-y", "restore", "--into", "broken"]
    with subprocess.Popen([sys.executable, *words], env=keeper.env) as restore:
        keeper.wait_until((keeper.state / "broken" / "volumes").exists, "half of it")
        restore.send_signal(signal.SIGTERM)

    assert restore.returncode == 130
    assert not (keeper.state / "broken").exists()


def pictures(keeper: Seaway) -> Bucket:
    """The bucket, as its administrator."""
    folder = wiring.StateFolder(keeper.state / "keeper")
    release = wiring.open_ledger(folder).wanted()
    target = wiring.open_target(folder, "keeper")
    return Bucket(
        s3_access(asyncio.run(reached(target, release, "files")), release, "files"), "pics"
    )


def test_a_drill_finds_what_runs_follows_references_and_leaves_nothing(keeper, tmp_path):
    """Objects that came after the last backup are within what may be lost."""
    bucket = pictures(keeper)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: bucket.put(f"{n}.jpg", b"%d" % n), range(PICTURES)))
    sql(keeper, f"INSERT INTO pics SELECT n || '.jpg' FROM generate_series(0, {PICTURES}) n")  # noqa: S608 -- a number
    keeper("backup")
    bucket.put(f"{PICTURES}.jpg", b"late")

    begun = time.monotonic()
    report = json.loads(keeper("drill", "--html", str(tmp_path / "drill.html"), "--format", "json"))

    assert time.monotonic() - begun < 120  # T18
    assert report["problems"] == []
    stores = {each["store"]: each for each in report["stores"]}
    assert {name: len(each["differs"]) for name, each in stores.items()} == {
        "cache": 0, "db": 0, "files": 0,
    }  # fmt: skip
    assert stores["files"]["same"] == PICTURES
    assert (stores["db"]["references"], stores["db"]["newer"]) == (PICTURES + 1, 1)
    assert [(each["id"], each["passed"], each["seen"]["en"]) for each in report["journey"]] == [
        ("up", True, "it runs"), ("page", True, f"pictures: {PICTURES + 1}"),
    ]  # fmt: skip
    assert report["signature"] in (tmp_path / "drill.html").read_text()
    assert not (keeper.state / "keeper-drill").exists()


def test_a_drill_fails_where_something_points_nowhere(keeper):
    """And a report that somebody has improved is told from one that nobody has."""
    pictures(keeper).delete("1.jpg")
    keeper("backup", "files")

    report = json.loads(keeper("drill", "--format", "json", status=1))

    assert report["problems"] == ["db: files/pics/1.jpg is missing"]
    *_, bad = sorted((keeper.state / "keeper" / "drills").glob("*.json"))
    bad.write_text(bad.read_text().replace("1.jpg", "2.jpg"))
    told = keeper("drill", "--history").splitlines()
    assert [each.endswith("not as it was written") for each in told[1:]] == [False, True]


def test_moved_to_another_environment_all_of_it_is_there_and_can_be_had_back(keeper):
    """Nothing starts here meanwhile: what is here has grown old."""
    pictures_here = sql(keeper, "SELECT count(*) FROM pics")

    keeper("move", "second", "-y")

    count = keeper("exec", "-e", "second", "db", "--", "psql", "-qAtc", "SELECT count(*) FROM pics")
    assert count.strip() == pictures_here
    keeper("up", "-d", status=1)
    keeper("move", "--back", "-y")
    assert sql(keeper, "SELECT count(*) FROM pics") == pictures_here
    keeper("status", "-e", "second", status=7)


@pytest.mark.long
def test_a_move_that_does_not_hold_leaves_everything_as_it_was(keeper):
    """There the application has a database of another name, in which nothing is."""
    keeper("move", "other", "-y", status=1)

    assert sql(keeper, "SELECT count(*) FROM pics") != "0"
    keeper("status", "-e", "other", status=7)
    assert not list((keeper.state / "keeper@other").glob("volumes/*"))


def test_what_cannot_be_exact_is_refused(keeper):
    for moment in ("2020-01-01", "2100-01-01"):
        keeper("restore", "--at", moment, "--into", "never", "-y", status=2)
    assert not (keeper.state / "never").exists()
    damaged = next(
        each for each in sorted((keeper.state / "keeper.backups").rglob("blocks/*/*"))
        if each.stat().st_size > 1000
    )  # fmt: skip
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-1])

    try:
        keeper("backups", "--check", status=1)
    finally:
        damaged.write_bytes(whole)


def test_what_cannot_be_read_is_listed_and_can_be_given_up(keeper):
    keeper("backup", "db")
    names = [each["backup"] for each in json.loads(keeper("backups", "--format", "json"))]
    file = keeper.state / "keeper.backups" / "backups" / names[-1]
    file.write_bytes(file.read_bytes()[:-1])

    listed = json.loads(keeper("backups", "--format", "json", status=1))
    keeper("backup", "db", status=1)  # it is taken, but nothing old goes
    keeper("backups", "--forget", names[0], "-y", status=2)
    keeper("backups", "--forget", names[-1], "-y")

    assert {"backup": names[-1], "damaged": f"backups/{names[-1]}"} in listed
    assert [each["backup"] for each in listed if "damaged" not in each] == names[:-1]
    keeper("backup", "db")
    keeper("backups", "--check")
