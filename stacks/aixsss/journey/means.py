"""Means: what the checks are made with."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from seaway.journey import Both, Done, Evidence, Failed, Http, System, expect, until

OK = 200
LONG = timedelta(minutes=5)
"""For lines that make releases: each replaces several parts, one after the other."""
ASK_MODEL = """
import os, sys, urllib.request as web
address = os.environ["MODEL_URL"].removesuffix("/v1") + sys.argv[2]
key = {"Authorization": "Bearer " + os.environ["MODEL_KEY"]}
sent = web.Request(address, sys.argv[3].encode() or None, key, method=sys.argv[1])
print(web.urlopen(sent, timeout=10).read().decode())
"""


class Means:
    """What a user and an operator do again and again."""

    def __init__(self, system: System, client: Http) -> None:
        self.system, self.client = system, client

    async def ask(self, answers: list[float]) -> None:
        """Ask ten times in a second how long an answer takes, which is well within the limits."""
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            answer = await self.client.get("/api/version")
            must(answer.status == OK, "refused", "被拒绝", status=answer.status)
            answers.append(clock() - begun)
            await asyncio.sleep(0.1)

    async def listen(self, heard: list[str]) -> None:
        async with self.client.stream("GET", "/api/events") as events:
            async for line in events.lines():
                name, _, event = line.partition(": ")
                heard += [event] if name == "event" else []

    async def wanted(self, kind: str, prompt: str, provider: str = "") -> str:
        body = {"kind": kind, "prompt": f"{prompt} {self.system.run}", "provider": provider}
        answer = await self.client.post("/api/jobs", {**body, "scenes": 3})
        must(answer.status == 202, "no job was taken", "任务未被接受", said=answer.text[:200])
        return str(fields(answer.json())["job"]["id"])

    async def job(self, job: str) -> dict[str, Any]:
        answer = fields((await self.client.get(f"/api/jobs/{job}")).json())
        return {**answer["job"], "texts": answer["texts"]}

    async def reached(self, job: str, state: str) -> dict[str, Any]:
        async def there() -> bool:
            now = await self.job(job)
            if now["state"] == "dead" != state:
                raise Failed(Both("a job is dead", "任务失败"), reason=str(now["reason"]))
            return bool(now["state"] == state)

        await until(there, Both(f"a job is not {state}", f"任务没有到达 {state}"), LONG)
        return await self.job(job)

    async def model(self, method: str, path: str, body: str = "") -> str:
        """Ask the stand-in of a model itself, from where the workers are."""
        done = await self.system.execute("worker", "python", "-c", ASK_MODEL, method, path, body)
        must(
            done.status == 0,
            "the model stand-in is not there",
            "模型替身不可用",
            said=done.stderr[-300:],
        )
        return str(done.stdout)

    async def operate(self, *words: str) -> Done:
        done = await self.system.seaway(*words, limit=LONG)
        if words[0] == "up" and done.status:
            raise Failed(Both("no release was made", "发布失败"), said=done.stderr[-500:])
        return done

    async def certificates(self) -> Sequence[dict[str, Any]]:
        told = await self.system.seaway("status", "--format", "json")
        return list(fields(json.loads(told.stdout)).get("certificates", ()))

    async def signed(self) -> dict[str, Any]:
        async def there() -> bool:
            return any(each["until"] for each in await self.certificates())

        await until(there, Both("no certificate was issued", "没有签发证书"), timedelta(seconds=60))
        return next(each for each in await self.certificates() if each["until"])

    async def another(self, fingerprint: str) -> bool:
        known = [each["fingerprint"] for each in await self.certificates()]
        return bool(known) and fingerprint not in known


def must(met: object, en: str, zh: str, **figures: str | float) -> None:
    """Go on only if it is so."""
    expect(met, Both(en, zh), **figures)


def saw(en: str, zh: str, figures: Mapping[str, str | int | float]) -> Evidence:
    """What a check tells that went well."""
    return Evidence(Both(en, zh), figures)


async def now(true: object) -> object:
    return true


def fields(value: object) -> dict[str, Any]:
    """The fields of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}


def wav(size: int) -> bytes:
    """A WAV file of so many bytes."""
    data = size - 44
    head = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\1\0"
    head += (44100).to_bytes(4, "little") + (88200).to_bytes(4, "little") + b"\2\0\x10\0data"
    return head + data.to_bytes(4, "little") + bytes(n * 7 % 251 for n in range(data))
