"""Memory of the model gateway over a million requests and ten thousand long streams.

    python bench/memory.py [REQUESTS] [STREAMS] [--before=COMMAND]

One process with limits in Redis; nginx answers for the provider, with whole answers and with
streams of 500 tokens; wrk asks, 16 connections at a time. After each tenth the share of memory of
the process is read, what is shared counted by its share. COMMAND stands before each turn of wrk,
for machines where that must wait for others.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from gateway import (
    BODY,
    STORE,
    WINDOW,
    gateway,
    provider,
    ready,
    redis,
    resident,
    scripts,
    started,
)

UP, DOOR = 20_777, 20_778
TURN = 20
"""Seconds."""
TOKENS = 500


def long_stream() -> str:
    """Of a provider."""
    start = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "chat"}
    deltas = [
        {"role": "assistant", "content": ""},
        *({"content": f"word{n} "} for n in range(TOKENS)),
    ]
    events = [{**start, "choices": [{"index": 0, "delta": each, "finish_reason": None}]}
              for each in deltas]  # fmt: skip
    events.append({**start, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    usage = {"prompt_tokens": 60, "completion_tokens": TOKENS, "total_tokens": 60 + TOKENS}
    events.append({**start, "choices": [], "usage": usage})
    text = "".join(f"data: {json.dumps(each)}\n\n" for each in events)
    return f"{text}data: [DONE]\n\n"


def streaming(folder: Path) -> list[str]:
    """An nginx whose every answer is the long stream."""
    argv = provider(folder, UP)
    (folder / "stream.sse").write_text(long_stream())
    file = Path(argv[-1])
    told = re.sub(r"default_type [^;]+;", "types { text/event-stream sse; }", file.read_text())
    place = f"root {folder}; error_page 405 =200 /stream.sse; try_files /stream.sse =404;"
    file.write_text(
        re.sub(r"location /v1/ \{.*?'; \}", f"location / {{ {place} }}", told, flags=re.DOTALL)
    )
    return argv


def asked(file: Path, before: list[str]) -> int:
    """How many requests one turn was."""
    said = subprocess.run(
        [*before, "wrk", "-t1", "-c16", f"-d{TURN}s", "-s", str(file),
         f"http://127.0.0.1:{DOOR}/v1/chat/completions"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in said, said
    return int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]  # wrk says it


def kept(pid: int, file: Path, count: int, before: list[str], kind: str) -> None:
    """So many, with the memory at each tenth."""
    done, told = 0, 0
    print(f"{kind}: {resident(pid):.1f} MB before", flush=True)
    while done < count:
        done += asked(file, before)
        if done * 10 // count > told:
            told = done * 10 // count
            print(f"{kind}: {resident(pid):.1f} MB after {done}", flush=True)


def main(requests: int, streams: int, before: list[str]) -> None:
    assert shutil.which("wrk"), "apt-get install wrk"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        stack.enter_context(started(redis(folder, STORE), "1"))
        limits = {"requests": WINDOW, "tokens": WINDOW}
        env = gateway(UP, "/v1", limits=limits, store_from="STORE") | {
            "STORE": f"redis://127.0.0.1:{STORE}/0", "PORT": str(DOOR)}  # fmt: skip
        door = stack.enter_context(started([sys.executable, "-m", "seaway.ai.gateway"], "0", env))
        ready(DOOR)
        with started(provider(folder, UP), "1"):
            ready(UP)
            kept(door.pid, scripts(folder, BODY)["same"], requests, before, "whole answers")
        with started(streaming(folder), "1"):
            ready(UP)
            file = scripts(folder, BODY | {"stream": True})["same"]
            kept(door.pid, file, streams, before, "streams")


if __name__ == "__main__":
    plain = [each for each in sys.argv[1:] if not each.startswith("--")]
    before = [each.partition("=")[2] for each in sys.argv[1:] if each.startswith("--before=")]
    main(int(plain[0]) if plain else 1_000_000, int(plain[1]) if plain[1:] else 10_000,
         shlex.split(before[0]) if before else [])  # fmt: skip
