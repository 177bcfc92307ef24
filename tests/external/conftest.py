"""Services of others as they really run, and a merchant's side that signs and listens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from seaway.external.signing import Signer, Verifier
from seaway.external.wire import Answer, Request, converse
from seaway.stores.pair import new_pair
from tests.ai.conftest import Program, running

API_KEY = "k" * 32
HURRY = 1000.0
"""What takes 15 s in the world takes 15 ms here."""


@cache
def merchant_pair() -> tuple[str, str]:
    return new_pair(2048)


@cache
def own_pair() -> tuple[str, str]:
    return new_pair(2048)


def theirs() -> Verifier:
    """What the merchant checks their signatures with."""
    return Verifier(own_pair()[1])


def ours() -> Signer:
    """What the merchant signs with."""
    return Signer(merchant_pair()[0])


def playing(provider: str, account: Mapping[str, str]):
    told = {"PROVIDER": provider, "HURRY": str(HURRY), "MERCHANT_PUBLIC": merchant_pair()[1],
            "OWN_KEY": own_pair()[0], "API_KEY": API_KEY, **account}  # fmt: skip
    return running("seaway.external", {f"EXTERNAL_{name}": value for name, value in told.items()})


@dataclass
class Listener:
    """The merchant's address for callbacks: keeps what came, answers as it was told."""

    url: str = ""
    came: list[Request] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Callable[[int], Answer] = lambda _: Answer(status=204)
    answers: Callable[[Request], Answer] | None = None
    """By what is asked, where that matters."""

    async def handle(self, request: Request) -> Answer:
        self.came.append(request)
        self.news.set()
        return self.answers(request) if self.answers else self.answer(len(self.came))

    async def until(self, count: int) -> list[Request]:
        """All that came, once so many have."""
        async with asyncio.timeout(10):
            while len(self.came) < count:
                self.news.clear()
                await self.news.wait()
        return self.came


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    it = Listener()
    tasks = set()

    def met(reader, writer):
        tasks.add(asyncio.get_running_loop().create_task(converse(it.handle, reader, writer)))

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    it.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/paid"
    yield it
    server.close()
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def inbox(program: Program) -> dict:
    return (await program.http.get("/inbox")).json()


async def pay(program: Program, order: str):
    return await program.http.post(f"/inbox/payments/{order}/pay")


async def settled(program: Program, order: str) -> dict:
    """The payment, once nothing more is going to be sent."""
    async with asyncio.timeout(10):
        while True:
            [found] = [each for each in (await inbox(program))["payments"] if each["id"] == order]
            if found["callbacks"] and all(one["state"] != "waiting" for one in found["callbacks"]):
                return found
            await asyncio.sleep(0.02)
