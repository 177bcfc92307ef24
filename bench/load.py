"""HearTalk under load: requests/s, times and success, with its cache and without (R178, R180).

    python bench/load.py [REQUESTS] [TOGETHER]

Brings the stack up in a folder of its own with the users' limit raised, asks so many questions
from so many keep-alive connections over the ingress, each connection another user, and ends it.
Without the cache each question is another one; with it the questions are twenty.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "stacks/heartalk/seaway.yaml"
PORT = 18080
RAISED = ("services.api.env.RATE_LIMIT=100000",)
DOCUMENT = {"requests_per_s": 245.67, "mean_ms": 407.042, "success": 0.998, "memory_mb": 2000}
"""What the document of 2.2 reports."""
DIFFERENT = 20
"""Questions when the cache is to answer."""
LONGEST = 60.0


@dataclass
class Seen:
    """What one round saw."""

    took: list[float] = field(default_factory=list[float])
    answers: Counter[str] = field(default_factory=Counter[str])


def seaway(state: Path, *arguments: str) -> None:
    """One command; its errors end the measurement."""
    subprocess.run(
        [sys.executable, "-m", "seaway", "-f", str(FILE), "-q", "-y", *arguments],
        env={**os.environ, "SEAWAY_STATE": str(state)}, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def guest() -> str:
    """The token of one more user."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/auth/guest", method="POST", headers={"host": "localhost"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- our own address
        token: str = json.load(answer)["token"]
    return token


def request(token: str, question: str) -> bytes:
    body = json.dumps({"message": question}).encode()
    head = (
        f"POST /api/v1/chat/generate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}"
        f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def answered(reader: asyncio.StreamReader) -> str:
    """The status of one answer, read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    else:
        while await reader.readline() not in {b"0\r\n", b""}:
            pass
        await reader.readline()
    return head.split(b" ", 2)[1].decode()


async def user(token: str, questions: list[str], seen: Seen) -> None:
    """One connection that asks again as soon as it is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    while questions:
        sent = request(token, questions.pop())
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST):
                writer.write(sent)
                seen.answers[await answered(reader)] += 1
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            seen.answers[type(error).__name__] += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        seen.took.append(time.perf_counter() - begun)
    writer.close()


async def round_of(tokens: list[str], questions: list[str]) -> dict[str, object]:
    seen, count = Seen(), len(questions)
    begun = time.perf_counter()
    await asyncio.gather(*(user(token, questions, seen) for token in tokens))
    seconds = time.perf_counter() - begun
    took = sorted(seen.took)
    return {
        "requests_per_s": round(count / seconds, 1),
        "mean_ms": round(statistics.mean(took) * 1000, 1),
        **{f"p{share}_ms": round(took[min(count - 1, count * share // 100)] * 1000, 1)
           for share in (50, 90, 95, 99)},
        "max_ms": round(took[-1] * 1000, 1),
        "success": round(seen.answers["200"] / count, 5),
        "answers": dict(seen.answers),
    }  # fmt: skip


def memory(state: Path) -> float:
    """MB (PSS) of all processes of the stack, Seaway's own too."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if str(state).encode() in known:
                total += int((process / "smaps_rollup").read_text().split("Pss:")[1].split()[0])
        except (OSError, IndexError):
            continue
    return round(total / 1024, 1)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    together = int(sys.argv[2]) if len(sys.argv) > 2 else 100  # noqa: PLR2004 -- two arguments
    with tempfile.TemporaryDirectory(prefix="sw-", dir="/var/tmp") as folder:
        state = Path(folder)
        state.chmod(0o755)
        ports = f"ingress.ports={{http: {PORT}, https: {PORT + 1}}}"
        sets = [part for each in (*RAISED, ports) for part in ("--set", each)]
        seaway(state, "up", "-d", *sets)
        try:
            print(json.dumps(measured(state, count, together), indent=1))
        finally:
            seaway(state, "down")


def measured(state: Path, count: int, together: int) -> dict[str, object]:
    tokens = [guest() for _ in range(together)]
    asyncio.run(round_of(tokens, [f"warm up {number}" for number in range(together * 2)]))
    new = [f"hello, this is question {number}" for number in range(count)]
    again = [f"hello, question {number % DIFFERENT}" for number in range(count)]
    without = asyncio.run(round_of(tokens, new))
    with_cache = asyncio.run(round_of(tokens, again))
    return {
        "cores": os.cpu_count(), "requests": count, "together": together, "instances": 3,
        "without_cache": without, "with_cache": with_cache,
        "memory_mb": memory(state), "document": DOCUMENT,
    }  # fmt: skip


if __name__ == "__main__":
    main()
