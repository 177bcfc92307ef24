"""What keeping processes running costs, beside supervisord, PM2 and circus, in one run.

    python bench/supervisors.py [PROCESSES] [KILLS]

Needs root: each of them runs in a PID namespace of its own, by which all that belongs to it is
found and ended. The rivals are installed below the temporary folder, from PyPI and npm; one that
cannot be is left out and named. Each in turn, in two rounds: the start of all processes, ten idle
seconds, and single kills with -9, each answered by a new process. The program writes the time and
its pid itself when it begins.
"""

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 2
IDLE = 10.0
"""Seconds."""
SETTLE = 3.0
"""Seconds from the last start to the idle time: what is done just after a start is no idling."""
LONGEST = 120.0
"""Seconds to wait for a start."""
GONE = 15.0
"""Seconds for one killed process to be there again."""
TICK = os.sysconf("SC_CLK_TCK")
NAMESPACE = ("/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
PROGRAM = """#!/bin/sh
echo "$(date +%s%N) $$" >> {folder}/started
exec sleep 100000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One that keeps processes running."""

    name: str
    prepare: Callable[[Path, int], None]
    """Writes its configuration for so many copies of `program` into a folder."""
    start: tuple[str, ...]
    """Run in that folder; it may stay in the foreground or leave something behind."""
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Process:
    """One of a namespace."""

    pid: int
    inner: int
    """Its pid in its own namespace."""
    command: str


def processes(namespace: str) -> list[Process]:
    """All of one namespace but its first process, which is ours."""
    found: list[Process] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if str((entry / "ns/pid").readlink()) != namespace:
                continue
            status = (entry / "status").read_text()
            inner = int(status.split("NSpid:")[1].split("\n")[0].split()[-1])
            found.append(Process(int(entry.name), inner, (entry / "comm").read_text().strip()))
        except (OSError, IndexError, ValueError):
            continue
    return [each for each in found if each.inner != 1]


def managers(namespace: str) -> list[Process]:
    """All but the processes that are kept running."""
    return [each for each in processes(namespace) if each.command not in {"sleep", "program"}]


def cpu(namespace: str) -> float:
    """Processor seconds so far, those of ended children too."""
    total = 0
    for each in managers(namespace):
        try:
            fields = Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICK


def memory(namespace: str) -> float:
    """MB (PSS: what is shared is divided among those who share it)."""
    total = 0
    for each in managers(namespace):
        try:
            rollup = Path(f"/proc/{each.pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(rollup.split("Pss:")[1].split()[0])
    return total / 1024


def lines(folder: Path) -> list[tuple[int, int]]:
    """Time in ns and inner pid of each start so far."""
    rows = (folder / "started").read_text().split("\n")
    return [(int(row.split()[0]), int(row.split()[1])) for row in rows if len(row.split()) > 1]


def await_lines(folder: Path, count: int, limit: float) -> list[tuple[int, int]] | None:
    """The starts once there are so many; None if it takes longer than `limit` seconds."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if len(found := lines(folder)) >= count:
            return found
        time.sleep(0.002)
    return None


def measured(contender: Contender, folder: Path, count: int, kills: int) -> dict[str, object]:
    """One round of one contender."""
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "started").touch()
    (folder / "started").chmod(0o666)
    (folder / "program").write_text(PROGRAM.format(folder=folder))
    (folder / "program").chmod(0o755)
    contender.prepare(folder, count)
    begun = time.time_ns()
    with (folder / "output").open("wb") as output:
        outer = subprocess.Popen(
            [*NAMESPACE, "sh", "-c", '"$@"; exec sleep 100000', "sh", *contender.start],
            cwd=folder, env={**os.environ, **contender.env}, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        started = await_lines(folder, count, LONGEST)
        if started is None:
            raise SystemExit(f"{contender.name}: {(folder / 'output').read_text()[-2000:]}")
        namespace = str(Path(f"/proc/{outer.pid}/ns/pid_for_children").readlink())
        time.sleep(SETTLE)
        used = cpu(namespace)
        time.sleep(IDLE)
        used = cpu(namespace) - used
        return {
            "start_s": (started[-1][0] - begun) / 1e9,
            "idle_cpu": used / IDLE,
            "memory_mb": memory(namespace),
            "back_ms": [killed(namespace, folder) for _ in range(kills)],
        }
    finally:
        outer.kill()
        outer.wait()


def killed(namespace: str, folder: Path) -> float:
    """Milliseconds from killing one process to its successor's first act; `GONE` if there is none.

    Those that were never killed come first: nobody's back-off is measured.
    """
    known = lines(folder)
    alive = {each.inner: each.pid for each in processes(namespace) if each.command == "sleep"}
    first = [pid for _, pid in known[: len(alive)] if pid in alive] or list(alive)
    victim = alive[random.choice(first)]  # noqa: S311 -- any will do
    begun = time.time_ns()
    os.kill(victim, signal.SIGKILL)
    back = await_lines(folder, len(known) + 1, GONE)
    time.sleep(0.05)
    return (back[-1][0] - begun) / 1e6 if back else GONE * 1000


def stack(folder: Path, count: int) -> None:
    (folder / "seaway.yaml").write_text(
        f"seaway: 1\nname: bench\nservices:\n  p:\n    run: [{folder}/program]\n"
        f"    replicas: {count}\n"
    )


def supervisord(folder: Path, count: int) -> None:
    (folder / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={folder}/log\npidfile={folder}/pid\n"
        f"childlogdir={folder}\nuser=root\n[program:p]\ncommand={folder}/program\n"
        f"numprocs={count}\nprocess_name=%(process_num)03d\nautorestart=true\nstartsecs=0\n"
    )


def circus(folder: Path, count: int) -> None:
    (folder / "circus.ini").write_text(
        f"[circus]\nendpoint=ipc://{folder}/control\npubsub_endpoint=ipc://{folder}/events\n"
        f"[watcher:p]\ncmd={folder}/program\nnumprocesses={count}\nmax_retry=-1\n"
    )


def pm2(folder: Path, count: int) -> None:
    app = {
        "name": "p", "script": f"{folder}/program", "interpreter": "/bin/sh", "instances": count,
        "exec_mode": "fork", "restart_delay": 0,
    }  # fmt: skip
    (folder / "pm2.json").write_text(json.dumps({"apps": [app]}))


def contenders(root: Path) -> list[Contender]:
    """Seaway, and each rival that can be installed here."""
    found = [
        Contender(
            name="seaway", prepare=stack,
            start=(sys.executable, "-m", "seaway", "-q", "-y", "up", "-d"),
            env={"SEAWAY_STATE": str(root / "state")},
        )
    ]  # fmt: skip
    venv, npm = root / "venv", root / "npm"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin/pip"), "-q", "install", "--disable-pip-version-check"]
    for name, package, prepare, start in (
        ("supervisord", "supervisor", supervisord, ("supervisord", "-c", "supervisord.conf")),
        ("circus", "circus", circus, ("circusd", "circus.ini")),
    ):
        if subprocess.run([*pip, package], check=False, capture_output=True).returncode == 0:
            program = (str(venv / "bin" / start[0]), *start[1:])
            found.append(Contender(name=name, prepare=prepare, start=program, env={}))
    npm.mkdir()
    install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "pm2"]
    if shutil.which("npm") and not subprocess.run(install, cwd=npm, check=False).returncode:
        start_pm2 = (str(npm / "node_modules/.bin/pm2"), "start", "pm2.json")
        env = {"PM2_HOME": str(root / "pm2")}
        found.append(Contender(name="pm2", prepare=pm2, start=start_pm2, env=env))
    return found


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def summary(rounds: list[dict[str, object]], count: int) -> dict[str, float]:
    """The median of the rounds, and all restarts together; costs for 100 processes."""

    def median(key: str) -> float:
        return statistics.median(float(str(each[key])) for each in rounds)

    back = [float(each) for one in rounds for each in json.loads(json.dumps(one["back_ms"]))]
    return {
        "start_s": round(median("start_s"), 2),
        "idle_cpu_percent_per_100": round(median("idle_cpu") * 100 * 100 / count, 2),
        "memory_mb_per_100": round(median("memory_mb") * 100 / count, 1),
        "back_p50_ms": round(quantile(back, 0.5), 1),
        "back_p99_ms": round(quantile(back, 0.99), 1),
        "back_max_ms": round(max(back), 1),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 50  # noqa: PLR2004 -- two arguments
    results: dict[str, list[dict[str, object]]] = {}
    with tempfile.TemporaryDirectory(prefix="sw-", dir="/var/tmp") as folder:
        root = Path(folder)
        root.chmod(0o755)
        found = contenders(root)
        for turn in range(ROUNDS):
            for each in found if turn % 2 == 0 else reversed(found):
                place = root / f"{each.name}{turn}"
                one = measured(each, place, count, kills)
                results.setdefault(each.name, []).append(one)
                shutil.rmtree(root / "state", ignore_errors=True)
                print(each.name, json.dumps(summary([one], count)), file=sys.stderr, flush=True)
    table = {name: summary(rounds, count) for name, rounds in results.items()}
    print(json.dumps({"processes": count, "kills": kills * ROUNDS, **table}, indent=1))


if __name__ == "__main__":
    main()
