"""Requests a core of the model gateway, beside HAProxy and LiteLLM, in one run.

    python bench/gateway.py [SECONDS] [ROUNDS] [--litellm=FOLDER]

On two processors: what is measured has the first, the provider and the load (wrk, 32 connections)
the second, and Redis too. Whole answers come from nginx at once, streams from the simulator, which
is slower than what is measured: there only the processor time tells something. The targets take
turns. The steady figure is processor time per request of a target's whole process tree; a core
does a million of those microseconds.
`policy` checks the key, routes, counts usage and metrics; `redis` has limits of requests and tokens
in Redis beside; `cache` answers from there. FOLDER is an environment with `litellm[proxy]`.
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from seaway.targets.local.parts.haproxy import HaproxyPart
from seaway.targets.local.parts.redis import RedisPart
from seaway.targets.local.parts.static import StaticPart

KEY = "sk-bench"
TASKSET = shutil.which("taskset") or "taskset"
CONNECTIONS = 32
TICK = os.sysconf("SC_CLK_TCK")
FIRST, SECOND = "0", "1"
BODY = {"model": "chat", "max_tokens": 64, "messages": [
    {"role": "system", "content": "You are a helpful assistant. " * 8},
    {"role": "user", "content": "How do I braise pork?"}]}  # fmt: skip
ANSWER = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "chat",
    "choices": [{"index": 0, "finish_reason": "stop",
     "message": {"role": "assistant", "content": "Slowly, with soy sauce. " * 8}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 48, "total_tokens": 108}}  # fmt: skip
WINDOW = {"most": 10**9, "per": 60}


@dataclass
class Target:
    """What is measured, and what was found."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    memory: float = 0.0


@contextmanager
def started(
    argv: list[str], core: str, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [TASKSET, "-c", core, *argv], env={**os.environ, **(env or {})}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(each) for each in children.read_text().split()] if children.exists() else []
    return [pid, *(one for each in found for one in tree(each))]


def spent(pid: int) -> float:
    """Seconds of processor time of a tree."""
    total = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident(pid: int) -> float:
    """Megabytes of a tree; what is shared counts by its share."""
    found = 0.0
    for each in tree(pid):
        text = Path(f"/proc/{each}/smaps_rollup").read_text()
        found += int(re.search(r"Pss:\s+(\d+)", text)[1])  # type: ignore[index]  # it is there
    return found / 1024


def script(folder: Path, name: str, body: dict[str, object]) -> Path:
    """For wrk: what it sends."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    lines = [f"wrk.headers[{json.dumps(key)}]={json.dumps(text)}" for key, text in headers.items()]
    file = folder / f"{name}.lua"
    file.write_text(
        "\n".join(('wrk.method="POST"', *lines, f"wrk.body={json.dumps(json.dumps(body))}"))
    )
    return file


def load(target: Target, file: Path, seconds: int) -> None:
    """One turn of one target."""
    before = spent(target.process.pid)
    said = subprocess.run(
        [TASKSET, "-c", SECOND, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         "-s", str(file), f"http://127.0.0.1:{target.port}/v1/chat/completions"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    used = spent(target.process.pid) - before
    count = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]  # wrk says it
    assert "Non-2xx" not in said, f"{target.name}: {said}"
    target.rates.append(count / seconds)
    target.costs.append(used / count * 1e6)
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]  # likewise
    target.p99.append(float(amount) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
    target.memory = resident(target.process.pid)


def ready(port: int, path: str = "/readyz") -> None:
    end = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < end, f"nothing at {port}"
            time.sleep(0.1)
        else:
            return


def provider(folder: Path, port: int) -> list[str]:
    """An nginx that answers at once."""
    told = f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} reuseport; default_type application/json;
    location /v1/ {{ return 200 '{json.dumps(ANSWER)}'; }} }} }}"""
    file = folder / "nginx.conf"
    file.write_text(told)
    nginx = str(StaticPart().find("").programs["nginx"])
    return [nginx, "-e", "stderr", "-p", str(folder), "-c", str(file)]


def haproxy(folder: Path, name: str, port: int, upstream: int, path: str) -> list[str]:
    file = folder / f"{name}.cfg"
    file.write_text(f"""global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen x
  bind 127.0.0.1:{port}
  http-reuse always
  http-request set-path {path}/chat/completions
  server one 127.0.0.1:{upstream}
""")
    return [str(HaproxyPart().find("").programs["haproxy"]), "-db", "-f", str(file)]


def gateway(upstream: int, path: str, **more: object) -> dict[str, str]:
    one = {"url": f"http://127.0.0.1:{upstream}{path}", "key_from": "K", "private": True}
    route = {"to": [{"provider": "one", "model": "chat"}], "cache": more.pop("cache", 0)}
    told = {"providers": {"one": one}, "routes": {"chat": route},
            "clients": {"stack": {"key_from": "K"}}, **more}  # fmt: skip
    return {"GATEWAY": json.dumps(told), "K": KEY}


def redis(folder: Path, port: int) -> list[str]:
    server = str(RedisPart().find("").programs["valkey-server"])
    return [server, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--appendonly", "yes"]  # fmt: skip


def litellm(
    folder: Path, home: Path, port: int, upstream: int, path: str
) -> tuple[list[str], dict[str, str]]:
    """As its own page on production says: no debugging, its logs at ERROR."""
    file = folder / f"litellm{port}.yaml"
    one = {"model": "openai/chat", "api_base": f"http://127.0.0.1:{upstream}{path}", "api_key": KEY}
    file.write_text(json.dumps({"model_list": [{"model_name": "chat", "litellm_params": one}],
                                "litellm_settings": {"set_verbose": False, "request_timeout": 60},
                                "general_settings": {"master_key": KEY}}))  # fmt: skip
    env = {
        "LITELLM_LOG": "ERROR",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    return [str(home / "bin/litellm"), "--config", str(file), "--port", str(port), "--host",
            "127.0.0.1", "--num_workers", "1"], env  # fmt: skip


def targets(stack: ExitStack, folder: Path, up: int, home: Path | None) -> list[Target]:
    """All of them, running."""
    base, store, path = up + 100, 20_998, "/v1"
    limits = {"requests": WINDOW, "tokens": WINDOW}
    kept = {"STORE": f"redis://127.0.0.1:{store}/0"}
    ours = [sys.executable, "-m", "seaway.ai.gateway"]
    plans: list[tuple[str, list[str], dict[str, str]]] = [
        ("haproxy", haproxy(folder, f"h{base}", base, up, path), {}),
        ("policy", ours, gateway(up, path)),
        ("policy, redis", ours, gateway(up, path, limits=limits, store_from="STORE") | kept),
        ("policy, redis, cache", ours,
         gateway(up, path, limits=limits, store_from="STORE", cache=3600) | kept),
    ]  # fmt: skip
    if home:
        plans.append(("litellm", *litellm(folder, home, base + 4, up, path)))
    found = []
    for number, (name, argv, env) in enumerate(plans):
        port = {"PORT": str(base + number)}
        process = stack.enter_context(started(argv, FIRST, env | port))
        found.append(Target(name, base + number, process))
        ready(base + number, "/health/liveliness" if name == "litellm" else "/readyz")
    return found


def table(title: str, found: list[Target]) -> None:
    print(f"\n{title}")
    print(
        f"{'target':24}{'req/s':>9}{'µs/req':>9}{'/core':>9}{'x haproxy':>11}{'p99 ms':>9}{'MB':>7}"
    )
    bound = statistics.median(found[0].costs)
    for each in found:
        cost = statistics.median(each.costs)
        rate, late = statistics.median(each.rates), statistics.median(each.p99)
        print(f"{each.name:24}{rate:11.0f}{cost:11.1f}{1e6 / cost:11.0f}{bound / cost:11.2f}"
              f"{late:11.2f}{each.memory:11.0f}")  # fmt: skip


def main(seconds: int, rounds: int, home: Path | None) -> None:
    assert shutil.which("wrk"), "apt-get install wrk"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        stack.enter_context(started(provider(folder, 20_999), SECOND))
        stack.enter_context(started(redis(folder, 20_998), SECOND))
        simulated = [sys.executable, "-m", "seaway.ai.simulator"]
        stack.enter_context(started(simulated, SECOND, {"PORT": "20888"}))
        ready(20_888)
        told = [{"role": "user", "content": "Count. [[tokens: 50]]"}]
        streamed = BODY | {"stream": True, "messages": told}
        rows = (("whole answers", 20_999, BODY), ("streams of 50 tokens", 20_888, streamed))
        for title, up, body in rows:
            with ExitStack() as these:
                found = targets(these, folder, up, home)
                file = script(folder, "load", body)
                for _ in range(rounds):
                    for each in found:
                        load(each, file, seconds)
                table(title, found)


if __name__ == "__main__":
    plain = [each for each in sys.argv[1:] if not each.startswith("--")]
    given = [each.partition("=")[2] for each in sys.argv[1:] if each.startswith("--litellm=")]
    main(int(plain[0]) if plain else 3, int(plain[1]) if plain[1:] else 3,
         Path(given[0]) if given else None)  # fmt: skip
