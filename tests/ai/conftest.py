"""Programs of seaway.ai as they really run: processes on loopback, each test's own."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping

import httpx2
import openai
import pytest

KEY = "test-key"


def free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return own.getsockname()[1]


class Program:
    """One running program, and how to ask it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process, self.port = process, port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx2.AsyncClient(
            base_url=self.url, headers={"authorization": f"Bearer {KEY}"}, timeout=20
        )

        self._clients: dict[str, openai.AsyncOpenAI] = {}

    def openai(self, key: str = KEY) -> openai.AsyncOpenAI:
        """OpenAI's own client, which tries nothing twice."""
        if key not in self._clients:
            self._clients[key] = openai.AsyncOpenAI(
                base_url=f"{self.url}/v1", api_key=key, max_retries=0, timeout=20
            )
        return self._clients[key]

    async def close(self) -> None:
        for each in (self.http, *self._clients.values()):
            await (each.aclose() if isinstance(each, httpx2.AsyncClient) else each.close())

    async def fault(self, text: str, **more: object) -> None:
        """Of a simulator: what goes wrong from now on."""
        answer = await self.http.post("/-/faults", json={"fault": text, **more})
        assert answer.status_code == 200, answer.text

    async def healed(self) -> None:
        assert (await self.http.delete("/-/faults")).status_code == 200

    async def state(self) -> dict:
        return (await self.http.get("/-/state")).json()

    async def until(self, condition, limit: float = 5.0) -> dict:
        """The state, once the condition holds of it."""
        async with asyncio.timeout(limit):
            while not condition(state := await self.state()):  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.01)
        return state


@contextlib.asynccontextmanager
async def running(module: str, env: Mapping[str, str], port: int = 0) -> AsyncIterator[Program]:
    """The program, ready; ended afterwards."""
    port = port or free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "LANG": "C.UTF-8", **env},
    )  # fmt: skip
    program = Program(process, port)
    try:
        async with asyncio.timeout(30):
            while not await _ready(program):
                assert process.returncode is None, f"{module} ended with {process.returncode}"
                await asyncio.sleep(0.02)
        yield program
    finally:
        await program.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _ready(program: Program) -> bool:
    try:
        return (await program.http.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


def simulating(**figures: object):
    """A simulator that lets `KEY` in."""
    told = {f"SIMULATOR_{name.upper()}": str(value) for name, value in figures.items()}
    return running("seaway.ai.simulator", {"SIMULATOR_KEYS": KEY, **told})


@pytest.fixture
async def simulator() -> AsyncIterator[Program]:
    async with simulating() as program:
        yield program


def provider(program: Program, **more: object) -> dict:
    """As the settings of a gateway name it."""
    return {"url": f"{program.url}/v1", "key_from": "PROVIDER_KEY", "private": True, **more}


def target(name: str, model: str = "chat") -> dict:
    return {"provider": name, "model": model}


@contextlib.asynccontextmanager
async def gateway(
    providers: Mapping[str, dict], env: Mapping[str, str] | None = None, **more: object
) -> AsyncIterator[Program]:
    """A gateway before these; the route `chat` has all of them in order."""
    told = {
        "providers": providers,
        "routes": {"chat": {"to": [target(name) for name in providers]}},
        "clients": {"stack": {"key_from": "CLIENT_KEY"}},
        "pepper_from": "PEPPER",
        **more,
    }
    given = {"GATEWAY": json.dumps(told), "PROVIDER_KEY": KEY, "CLIENT_KEY": KEY,
             "PEPPER": "pepper", "ADMIN": "admin-key", **(env or {})}  # fmt: skip
    async with running("seaway.ai.gateway", given) as program:
        yield program
