"""The offline models in a network namespace that has no way out."""

import asyncio
import json
import os
import sys

import pytest

from tests.ai.services import models_env

pytestmark = pytest.mark.local
INSIDE = """
import fcntl, json, os, socket, struct, subprocess, sys, time, urllib.request
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # lo is up
try:
    socket.create_connection(("192.0.2.1", 80), 1)
except OSError as error:
    told = {"outside": error.strerror}
program = subprocess.Popen([sys.executable, "-m", "seaway.ai.models"])

def ask(path, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ['PORT']}/v1/{path}", json.dumps(body).encode(),
        {"authorization": "Bearer " + os.environ["MODELS_KEYS"]},
    )
    for _ in range(600):
        try:
            return json.load(urllib.request.urlopen(request))
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)

[row] = ask("embeddings", {"model": "embed", "input": "番茄炒蛋"})["data"]
told["dimensions"] = len(row["embedding"])
question = "[1] Doors open at 11:30.\\n\\nQuestion: When do the doors open?"
messages = [{"role": "user", "content": question}]
chat = ask("chat/completions", {"model": "extract", "messages": messages})
told["answer"] = chat["choices"][0]["message"]["content"]
print(json.dumps(told))
program.terminate()
program.wait()
"""


async def test_without_any_network_texts_are_embedded_and_questions_answered():
    env = {"PATH": os.environ["PATH"], "PORT": "8000", **await models_env("embed extract")}
    own = ("unshare", "-n") if os.geteuid() == 0 else ("unshare", "-rn")
    process = await asyncio.create_subprocess_exec(
        *own, sys.executable, "-c", INSIDE, env=env, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()

    assert json.loads(said) == {
        "outside": "Network is unreachable",
        "dimensions": 512,
        "answer": "From the material:\nDoors open at 11:30. [1]",
    }
