"""python -m tests.evaluation.rag: take in the texts, ask the questions, print the figures."""

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2

from tests.evaluation.rag.measuring import asked, figures, ingested, missing, shown
from tests.evaluation.rag.texts import HERE

RECALL = 0.9
"""Of the first five passages, as promised."""
SEAWAY = Path(sys.executable).with_name("seaway")


async def evaluate(url: str, key: str, *, verbose: bool) -> int:
    """0 when what is promised is kept."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        print(f"passages: {await ingested(client)}")
        seen = await asked(client)
    shown(seen, verbose=verbose)
    found = figures(seen)
    print(f"\nrecall@5 {found.recall:.3f} (aim {RECALL}); lines that stand in no source that they"
          f" name: {found.invented} (aim 0);\nanswers to questions that the texts do not answer:"
          f" {found.unfounded} of {found.unanswerable} (aim 0)")  # fmt: skip
    return 0 if found.recall >= RECALL and not found.invented and not found.unfounded else 1


@contextlib.contextmanager
def stack() -> Iterator[tuple[str, str]]:
    """Address and key of a stack of its own, ended and forgotten afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="seaway-evaluation-", dir="/var/tmp"))
    folder.chmod(0o755)  # servers that are not root must get to their data
    env = {**os.environ, "SEAWAY_STATE": str(folder)}

    def seaway(*words: str) -> str:
        done = subprocess.run((SEAWAY, *words), cwd=HERE, env=env, check=True, text=True,
                              stdout=subprocess.PIPE, timeout=300)  # fmt: skip
        return done.stdout

    try:
        seaway("up", "-d", "-q")
        lines = seaway("exec", "docs", "--", "env").splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        yield f"http://{told['HOST']}:{told['PORT']}", told["RAG_KEY"]
    finally:
        seaway("down", "-q")
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    told = argparse.ArgumentParser(prog="python -m tests.evaluation.rag")
    told.add_argument("--url", help="of a service that runs; without it, a stack is brought up")
    told.add_argument("--key", default="test-key")
    told.add_argument("-v", "--verbose", action="store_true", help="show what went wrong")
    given = told.parse_args()
    if gone := missing():
        print("evidence that stands in no text any more:", *gone, sep="\n  ")
        return 2
    place = contextlib.nullcontext((given.url, given.key)) if given.url else stack()
    with place as (url, key):
        return asyncio.run(evaluate(url, key, verbose=given.verbose))


if __name__ == "__main__":
    sys.exit(main())
