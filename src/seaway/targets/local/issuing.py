"""Issuing: has a certificate signed, by a program that speaks ACME (RFC 8555) for us."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import StepFailed

PROGRAM = "seaway.targets.local.acme_client"
LIMIT = 180.0
"""Seconds for everything: the authority has half of them to look and sign."""
LONGEST = 1 << 20
"""Bytes of a line."""

Serve = Callable[[Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A certificate for one host, from one authority."""

    host: str
    directory: str
    account: Path
    email: str = ""
    ca: str = ""


async def issued(order: Order, serve: Serve, environ: Mapping[str, str]) -> str:
    """Chain and key. `serve` gets paths and the answers to be given under them before it is asked.

    Raises:
        StepFailed: SW456, with the words of the authority.
    """
    try:
        async with asyncio.timeout(LIMIT):
            return await _issued(order, serve, environ)
    except TimeoutError:
        detail = f"{LIMIT:g} s"
        raise StepFailed("SW456", host=order.host, detail=detail) from None


async def _issued(order: Order, serve: Serve, environ: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", PROGRAM, env=dict(environ), limit=LONGEST, start_new_session=True,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        return await _conversed(order, process, serve)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _conversed(order: Order, process: asyncio.subprocess.Process, serve: Serve) -> str:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise TypeError(PROGRAM)
    wish = {
        "host": order.host, "directory": order.directory, "account": str(order.account),
        "email": order.email, "ca": order.ca,
    }  # fmt: skip
    process.stdin.write(json.dumps(wish).encode() + b"\n")
    while line := await process.stdout.readline():
        said = json.loads(line)
        if "serve" in said:
            await serve(said["serve"])
            process.stdin.write(b"served\n")
        elif "chain" in said:
            return f"{said['chain'].rstrip()}\n{said['key']}"
        else:
            raise StepFailed("SW456", host=order.host, detail=said["failed"])
    last = (await process.stderr.read()).decode(errors="replace").strip().rpartition("\n")[2]
    raise StepFailed("SW457", host=order.host, problem=last)
