"""PostgreSQL as a part: real servers, started, cut, restarted and asked."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from seaway.components.postgres import Postgres
from seaway.errors import DataRefused, StepFailed
from seaway.targets.local.part import NotReady
from seaway.targets.local.parts.postgres import PostgresPart, superuser
from seaway.wire.postgres import Login, Refused, connected
from tests.parts.harness import Bench, bench

pytestmark = pytest.mark.local


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test keeps its new cluster for the others: making one takes a second."""
    return tmp_path_factory.mktemp("postgres") / "data"


@pytest.fixture
async def db(tmp_path: Path, prepared: Path) -> AsyncIterator[Bench]:
    settings = {
        "extensions": ["vector", "pg_trgm"], "resources": {"memory": "256Mi"}, "connections": 20,
    }  # fmt: skip
    async with bench(PostgresPart(), Postgres, tmp_path, **settings) as it:
        if not prepared.exists():
            await it.part.prepare(it.placed(), it.run)
            shutil.copytree(tmp_path / "data", prepared)
        else:
            shutil.copytree(prepared, tmp_path / "data")
        yield it


def app(db: Bench, **changes: object) -> Login:
    assert db.place
    login = Login(
        user="app", database="lantern", host="127.0.0.1", port=db.ports["sql"],
        password=db.secrets["store.app-password"],
    )  # fmt: skip
    return replace(login, **changes)


async def query(login: Login, sql: str) -> list[tuple[str | None, ...]]:
    async with connected(login) as session:
        return await session.run(sql)


async def test_the_application_may_use_its_extensions(db):
    await db.start()

    rows = await query(
        app(db),
        "CREATE TABLE food (id int, name text, at vector(3));"
        "INSERT INTO food VALUES (1, 'noodles', '[1,2,3]'), (2, 'rice', '[9,9,9]');"
        "CREATE INDEX ON food USING hnsw (at vector_l2_ops);"
        "CREATE INDEX ON food USING gin (name gin_trgm_ops);"
        "SELECT id FROM food ORDER BY at <-> '[1,2,4]' LIMIT 1",
    )

    assert rows == [("1",)]


async def test_the_application_is_no_superuser(db):
    await db.start()

    for sql in (
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "SELECT pg_read_file('PG_VERSION')",
        "SET ROLE postgres",
        "SELECT * FROM seaway.init",
        "CREATE EXTENSION pageinspect",
    ):
        with pytest.raises(Refused):
            await query(app(db), sql)
    with pytest.raises(Refused):
        await query(app(db, database="postgres"), "SELECT 1")


async def test_a_wrong_password_and_another_way_in_are_refused(db):
    await db.start()

    with pytest.raises(Refused, match="password authentication failed"):
        await query(app(db, password="wrong"), "SELECT 1")
    with pytest.raises(Refused):
        await query(app(db, password=""), "SELECT 1")
    with pytest.raises(Refused, match=r"no pg_hba\.conf entry"):
        await query(app(db, folder=db.root / "data"), "SELECT 1")


async def test_it_listens_on_the_inner_address_only(db):
    await db.start()

    assert listening(db.ports["sql"]) == {"0100007F"}


def listening(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            address, _, number = line.split()[1].rpartition(":")
            if line.split()[3] == "0A" and int(number, 16) == port:
                found.add(address)
    return found


async def test_settings_follow_from_the_memory_and_are_in_force(db):
    db.change(settings={"work_mem": "2MB", "jit": False}, zone="Asia/Shanghai")
    await db.start()

    names = (
        "shared_buffers", "work_mem", "jit", "timezone", "max_connections", "wal_level", "fsync",
        "data_checksums", "server_encoding",
    )  # fmt: skip
    shown = [(await query(app(db), f"SHOW {name}"))[0][0] for name in names]

    assert shown == ["64MB", "2MB", "off", "Asia/Shanghai", "20", "replica", "on", "on", "UTF8"]


async def test_data_outlives_a_stop(db):
    await db.start()
    await query(app(db), "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await db.stop()

    await db.start()

    assert await query(app(db), "SELECT n FROM kept") == [("7",)]


async def test_what_was_committed_outlives_a_kill(db):
    """Power cut or kill -9: stale pid file, stale socket, shared memory left over."""
    await db.start()
    await query(
        app(db), "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 500)"
    )
    await db.stop(signal.SIGKILL)
    assert (db.root / "data" / "cluster" / "postmaster.pid").exists()

    await db.start()

    assert await query(app(db), "SELECT count(*) FROM kept") == [("500",)]


async def test_a_pid_taken_by_another_program_does_not_keep_it_from_starting(db):
    """After a restart of the machine the old number often belongs to something else."""
    await db.start()
    await db.stop(signal.SIGKILL)
    stale = db.root / "data" / "cluster" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join(["1", *lines[1:]]) + "\n")

    await db.start()

    assert await query(app(db), "SELECT 1") == [("1",)]


async def test_a_rotated_password_works_and_the_old_one_is_refused(db):
    await db.start()
    old = app(db)
    await db.stop()
    db.secrets |= {"store.app-password": "n'ew-app-passwort", "store.password": "new-super"}

    await db.start()

    assert await query(app(db), "SELECT 1") == [("1",)]
    assert await query(app(db, user="postgres", password="new-super"), "SELECT 1") == [("1",)]
    with pytest.raises(Refused, match="password authentication failed"):
        await query(old, "SELECT 1")


async def test_it_is_not_ready_when_the_application_cannot_log_in(db):
    """A check must be able to fail for the reason it exists (R136)."""
    await db.start()
    await query(superuser(db.place), "ALTER ROLE app PASSWORD 'something else'")

    with pytest.raises(NotReady, match="password authentication failed"):
        await db.part.ready(db.place)


async def test_it_is_alive_while_all_its_connections_are_taken(db):
    """A busy database must not be killed for being busy."""
    db.change(connections=5)
    await db.start()
    async with connected(app(db)), connected(app(db)):
        with pytest.raises(Refused, match="remaining connection slots"):
            await query(app(db), "SELECT 1")

        await db.part.ready(db.place)


async def test_the_server_of_the_system_is_used_on_request(db):
    """Debian's, an older one: the same settings, without the extensions it does not have."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        pytest.skip("the system has no PostgreSQL")
    shutil.rmtree(db.root / "data")
    db.choice = "system"
    db.change(extensions=["pg_trgm", "pgcrypto"])
    await db.start()

    [(version,)] = await query(app(db), "SHOW server_version")

    assert version.split()[0] == db.place.found.version
    assert db.place.found.origin.startswith("Debian")


async def test_first_files_are_run_once_in_order_as_the_application(db):
    sql = db.root / "db"
    sql.mkdir()
    (sql / "2.sql").write_text("INSERT INTO log VALUES ('second');")
    (sql / "1.sql").write_text("CREATE TABLE log (what text); INSERT INTO log VALUES ('first')")
    db.change(init="db/*.sql")
    await db.start()
    await db.stop()
    (sql / "3.sql").write_text("INSERT INTO log VALUES ('third');")
    await db.start()

    assert await query(app(db), "SELECT what FROM log") == [("first",), ("second",)]
    rows = await query(app(db), "SELECT tableowner FROM pg_tables WHERE tablename = 'log'")
    assert rows == [("app",)]


async def test_first_files_leave_nothing_when_one_fails(db):
    (db.root / "1.sql").write_text("CREATE TABLE half (n int);")
    (db.root / "2.sql").write_text("CREATE TABEL other (n int);")
    db.change(init=["1.sql", "2.sql"])
    with pytest.raises(StepFailed) as failed:
        await db.start()
    assert failed.value.code == "SW345"
    assert "syntax error" in str(failed.value.facts["problem"])
    (db.root / "2.sql").write_text("CREATE TABLE other (n int);")

    await db.part.settle(db.place, db.run)

    assert await query(app(db), "SELECT count(*) FROM half, other") == [("0",)]


async def test_an_extension_that_is_not_there_is_named(db):
    db.change(extensions=["vectors"])
    with pytest.raises(StepFailed) as failed:
        await db.start()

    assert failed.value.code == "SW344"
    assert failed.value.facts["nearest"] == "vector"


async def test_data_of_another_major_version_is_refused(db):
    await db.start()
    await db.stop()
    (db.root / "data" / "cluster" / "PG_VERSION").write_text("16\n")

    with pytest.raises(DataRefused) as refused:
        await db.start()

    assert refused.value.facts["made"] == "16"


async def test_a_cluster_that_was_not_finished_is_made_anew(db):
    """Killed while preparing: what is there under the first name counts for nothing."""
    half = db.root / "data" / "cluster.new"
    (db.root / "data" / "cluster").rename(half)
    (half / "base").rename(half / "lost")

    await db.start()

    assert not half.exists()


async def test_secrets_are_in_no_file_of_the_volume_and_in_no_log(db):
    await db.start()
    await db.stop()

    bodies = [
        db.log.encode(),
        *(p.read_bytes() for p in (db.root / "data").rglob("*") if p.is_file()),
    ]
    for secret in db.secrets.values():
        assert not any(secret.encode() in body for body in bodies)


@pytest.mark.skipif(os.getuid() != 0, reason="changes to another user")
async def test_it_runs_as_an_ordinary_user_where_that_one_reaches_the_files():
    """The same without a user namespace, which some machines forbid."""

    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        root = Path(folder)
        root.chmod(0o755)
        async with bench(PostgresPart(), Postgres, root) as db:
            assert db.identity
            if db.identity.namespace:
                pytest.skip("the installed server is not reachable for others")
            await db.start()

            assert await query(app(db), "SELECT 1") == [("1",)]
            assert (root / "data" / "cluster").stat().st_uid == db.identity.uid
            await db.stop()
