"""Data of an older PostgreSQL: the plan says so, a rehearsal changes nothing, an upgrade helps."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.running import Seaway

OLDER = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534
pytestmark = [
    pytest.mark.local,
    pytest.mark.long,
    pytest.mark.skipif(not OLDER.exists(), reason="needs Debian's postgresql-15"),
    pytest.mark.skipif(os.getuid() != 0, reason="the data belongs to another user"),
]
STACK = """\
seaway: 1
name: elder
data:
  db:
    kind: postgres
    resources: {memory: 256Mi}
    connections: 20
    extensions: [pg_trgm]
"""
CONTENT = """\
CREATE SCHEMA seaway; GRANT CREATE ON SCHEMA public TO app; CREATE EXTENSION pg_trgm;
SET ROLE app; CREATE TABLE t (id serial PRIMARY KEY, v text);
INSERT INTO t (v) SELECT md5(g::text) FROM generate_series(1, 20000) g;
CREATE INDEX ON t USING gin (v gin_trgm_ops)
"""


@pytest.fixture
def elder(state_parent, tmp_path):
    (tmp_path / "seaway.yaml").write_text(STACK)
    seaway = Seaway(tmp_path / "seaway.yaml", state_parent)
    seaway("up", "-d")
    seaway("down")
    data = state_parent / "elder/volumes/db/data/data"
    shutil.rmtree(data / "cluster")
    older(data)
    yield seaway
    seaway("down", status=None)


def older(data: Path) -> None:
    """What a server of version 15 would have left there."""
    cluster, where = str(data / "cluster"), ("-h", str(data), "-U", "postgres", "-qAt")
    ran("initdb", "-D", cluster, "-U", "postgres", "--locale=C.UTF-8", "-A", "trust")
    options = f"-c listen_addresses= -k {data}"
    ran("pg_ctl", "-D", cluster, "-w", "-o", options, "-l", str(data / "log"), "start")
    try:
        ran("psql", *where, "-c", "CREATE ROLE app LOGIN")
        ran("psql", *where, "-c", "CREATE DATABASE elder")
        ran("psql", *where, "-d", "elder", "-c", CONTENT)
    finally:
        ran("pg_ctl", "-D", cluster, "-w", "-m", "fast", "stop")
    (data / "log").unlink()


def ran(program: str, *words: str) -> None:
    subprocess.run(
        [OLDER / program, *words], user=NOBODY, group=NOBODY, extra_groups=(), cwd="/",
        check=True, stdout=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip


def test_data_of_an_older_server_is_upgraded_on_a_copy_and_only_when_all_is_the_same(elder):
    version = elder.state / "elder/volumes/db/data/data/cluster/PG_VERSION"

    assert "of version 15; to be upgraded" in elder("plan")
    elder("up", "-d", status=2)

    elder("upgrade", "db", "--rehearse", "-y")
    assert version.read_text().strip() == "15"

    elder("upgrade", "db", "-y")
    elder("up", "-d")
    count = elder("exec", "db", "--", "psql", "-qAtc", "SELECT count(*) FROM t WHERE v LIKE '%ab%'")
    assert int(count) > 0
    assert "seaway upgrade" not in elder("plan")
    assert not (elder.state / "elder-upgrade").exists()
    assert next((elder.state / "elder/replaced").glob("*/db/volumes/data/data/cluster/PG_VERSION"))
