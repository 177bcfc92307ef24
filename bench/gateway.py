"""What a request costs in the model gateway, beside HAProxy and LiteLLM, in one run.

    python bench/gateway.py PIECE [SECONDS] [ROUNDS] [--litellm=FOLDER] [--python=PROGRAM]

PIECE is `json` (answers at once), `delayed` (answers after 50 ms), `streams` (of 50 tokens, back to
back), `paced` (a token each 10 ms), or `latency` (25 requests a second, what is added to each;
SECONDS is how many of each).
On two processors: what is measured has the first, the provider and the load (wrk, 32 connections)
the second, and Redis too. Answers at once come from nginx, streams back to back from `provider.py`,
all others from the simulator, which is slower than what is measured: there only the processor time
tells something. The targets take turns. The steady figure is processor time per request of a
target's whole process tree; a core does a million of those microseconds.
`policy` checks the key, routes, counts usage and metrics; `redis` has limits of requests and tokens
in Redis beside; `hits` answers from there, `all` looks there, asks the provider and keeps what it
says.
FOLDER is an environment with `litellm[proxy]`, PROGRAM another interpreter for the gateway.
"""

import json
import os
import re
import shutil
import signal
import socket
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
    {"role": "user", "content": "How do I braise pork? @@"}]}  # fmt: skip
ANSWER = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "chat",
    "choices": [{"index": 0, "finish_reason": "stop",
     "message": {"role": "assistant", "content": "Slowly, with soy sauce. " * 8}}],
    "usage": {"prompt_tokens": 60, "completion_tokens": 48, "total_tokens": 108}}  # fmt: skip
WINDOW = {"most": 10**12, "per": 60}
STREAMED = BODY | {
    "stream": True,
    "messages": [{"role": "user", "content": "Say @@[[tokens: 50]]"}],
}
PROVIDER, SIMULATOR, QUICK, STORE = 20_999, 20_888, 20_777, 20_500


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
    script: str = "same"
    """What it is asked: the `same` each time, or something `new`."""


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
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        found += int(re.search(r"Pss:\s+(\d+)", text)[1])  # type: ignore[index]  # it is there
    return found / 1024


def scripts(folder: Path, body: dict[str, object]) -> dict[str, Path]:
    """For wrk: what it sends."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    lines = [f"wrk.headers[{json.dumps(key)}]={json.dumps(text)}" for key, text in headers.items()]
    start, end = json.dumps(body).split("@@")
    same = [f"wrk.body={json.dumps(start + end)}"]
    new = [f"local start, last = {json.dumps(start)}, {json.dumps(end)}",
           "local count, run = 0, os.time() .. '-'",
           "request = function() count = count + 1",
           "return wrk.format(nil, nil, nil, start .. run .. count .. last) end"]  # fmt: skip
    files = {}
    for name, more in (("same", same), ("new", new)):
        files[name] = folder / f"{name}.lua"
        files[name].write_text("\n".join(('wrk.method="POST"', *lines, *more)))
    return files


def load(target: Target, files: dict[str, Path], seconds: int) -> None:
    """One turn of one target."""
    before = spent(target.process.pid)
    said = subprocess.run(
        [TASKSET, "-c", SECOND, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         "-s", str(files[target.script]), f"http://127.0.0.1:{target.port}/v1/chat/completions"],
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
    end = time.monotonic() + 90  # LiteLLM takes long
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


def targets(stack: ExitStack, folder: Path, up: int, told: "Told") -> list[Target]:
    """All of them, running."""
    base, store, path = up + 100, STORE, "/v1"
    limits = {"requests": WINDOW, "tokens": WINDOW}
    beside = {"limits": limits, "store_from": "STORE"}
    kept = {"STORE": f"redis://127.0.0.1:{store}/0", "PYTHONPATH": os.pathsep.join(sys.path)}
    ours = [told.python, "-m", "seaway.ai.gateway"]
    plans: list[tuple[str, list[str], dict[str, str]]] = [
        ("haproxy", haproxy(folder, f"h{base}", base, up, path), {}),
        ("policy", ours, gateway(up, path) | kept),
        ("redis", ours, gateway(up, path, **beside) | kept),
        ("redis, hits", ours, gateway(up, path, **beside, cache=3600) | kept),
        ("redis, all", ours, gateway(up, path, **beside, cache=60, name="all") | kept),
    ]  # fmt: skip
    if told.piece != "json":
        plans = [each for each in plans if "hits" not in each[0] and "all" not in each[0]]
    if told.litellm:
        plans.append(("litellm", *litellm(folder, told.litellm, base + len(plans), up, path)))
    found = []
    for number, (name, argv, env) in enumerate(plans):
        port = {"PORT": str(base + number)}
        process = stack.enter_context(started(argv, FIRST, env | port))
        found.append(Target(name, base + number, process))
        found[-1].script = "new" if name.endswith("all") else "same"
    for each in found:
        ready(each.port, "/health/liveliness" if each.name == "litellm" else "/readyz")
    return found


def table(title: str, found: list[Target]) -> None:
    columns = ("req/s", "µs/req", "/core", "x haproxy", "x litellm", "p99 ms", "MB")
    print(f"\n{title}\n{'target':14}" + "".join(f"{each:>11}" for each in columns))
    costs = {each.name: statistics.median(each.costs) for each in found}
    for each in found:
        cost = costs[each.name]
        rate, late = statistics.median(each.rates), statistics.median(each.p99)
        rival = f"{costs['litellm'] / cost:11.1f}" if "litellm" in costs else f"{'-':>11}"
        print(f"{each.name:14}{rate:11.0f}{cost:11.1f}{1e6 / cost:11.0f}"
              f"{costs['haproxy'] / cost:11.2f}{rival}{late:11.2f}{each.memory:11.0f}")  # fmt: skip


def asked_once(port: int, request: bytes, sign: bytes, end: bytes) -> float:
    """Milliseconds until the sign has come; with `end` all of an answer has."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)  # the first makes connections behind the target too
        _until(connection, end)
        begin = time.perf_counter()
        connection.sendall(request)
        _until(connection, sign)
        return (time.perf_counter() - begin) * 1000


def _until(connection: socket.socket, sign: bytes) -> None:
    text = b""
    while sign not in text:
        piece = connection.recv(65_536)
        assert piece, text
        text += piece


def latency(
    found: list[Target], body: dict[str, object], sign: bytes, end: bytes, count: int
) -> None:
    """One at a time, 25 a second, in turns; what each adds to the provider's own time."""
    text = json.dumps(body).replace("@@", "").encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n")  # fmt: skip
    times: dict[str, list[float]] = {each.name: [] for each in found}
    for _ in range(count):
        for each in found:
            times[each.name].append(asked_once(each.port, head.encode() + text, sign, end))
            time.sleep(0.04)
    base = times[found[0].name]
    print(f"\n{'until ' + sign.decode():20}{'p50 ms':>9}{'added':>9}{'p99 ms':>9}{'added':>9}")
    for name, each in times.items():
        cells = [(share, sorted(each)[int(len(each) * share)], sorted(base)[int(len(base) * share)])
                 for share in (0.5, 0.99)]  # fmt: skip
        print(f"{name:20}" + "".join(f"{mine:9.2f}{mine - own:9.2f}" for _, mine, own in cells))


@dataclass(frozen=True)
class Told:
    """What is to be measured."""

    piece: str
    seconds: int
    rounds: int
    litellm: Path | None
    python: str


def providers(stack: ExitStack, folder: Path, piece: str) -> None:
    """Those that this piece needs."""
    if piece in {"json", "latency"}:
        stack.enter_context(started(provider(folder, PROVIDER), SECOND))
    if piece in {"streams", "latency"}:
        quick = Path(__file__).with_name("provider.py")
        stack.enter_context(started([sys.executable, str(quick), str(QUICK)], SECOND))
        ready(QUICK)
    elif piece != "json":
        slow = {"delayed": {"SIMULATOR_LATENCY": "0.05"}, "paced": {"SIMULATOR_PACE": "0.01"}}
        env = {"PORT": str(SIMULATOR), **slow.get(piece, {})}
        stack.enter_context(started([sys.executable, "-m", "seaway.ai.simulator"], SECOND, env))
        ready(SIMULATOR)


def latencies(folder: Path, told: Told) -> None:
    """Of whole answers, and of the first token of streams."""
    pieces = (
        (PROVIDER, BODY, b'"total_tokens"', b'"total_tokens"'),
        (QUICK, STREAMED, b'"content":"', b"[DONE]\n\n\r\n0\r\n\r\n"),
    )
    for up, body, sign, end in pieces:
        with ExitStack() as stack:
            found = targets(stack, folder, up, told)
            own = Target("the provider", up, found[0].process)
            latency([own, *found], body, sign, end, told.seconds)


def main(told: Told) -> None:
    assert shutil.which("wrk"), "apt-get install wrk"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        stack.enter_context(started(redis(folder, STORE), SECOND))
        providers(stack, folder, told.piece)
        if told.piece == "latency":
            latencies(folder, told)
            return
        up = {"json": PROVIDER, "streams": QUICK}.get(told.piece, SIMULATOR)
        found = targets(stack, folder, up, told)
        files = scripts(folder, STREAMED if told.piece in {"streams", "paced"} else BODY)
        for _ in range(told.rounds):
            for each in found:
                load(each, files, told.seconds)
        table(told.piece, found)


if __name__ == "__main__":
    plain = [each for each in sys.argv[1:] if not each.startswith("--")]
    given = dict(each[2:].split("=", 1) for each in sys.argv[1:] if each.startswith("--"))
    home = Path(given["litellm"]) if "litellm" in given else None
    main(Told(plain[0], int(plain[1]) if plain[1:] else 3, int(plain[2]) if plain[2:] else 3,
              home, given.get("python", sys.executable)))  # fmt: skip
