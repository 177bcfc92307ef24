"""Means: what the checks are made with."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from seaway.journey import Both, Done, Evidence, Failed, Http, NoAnswer, System, expect, until

OK, CREATED = 200, 201
LONG = timedelta(minutes=5)
API = "/api/v1"
PASSWORD = "correct horse battery"  # noqa: S105 -- of accounts made for the visit
MEMBERS = """
import json, os
from pymongo import MongoClient
said = {}
hosts = os.environ["MONGODB_URI"].split("@")[1].split("/")[0]
for host in hosts.split(","):
    try:
        with MongoClient(host, directConnection=True, serverSelectionTimeoutMS=2000) as client:
            hello = client.admin.command("hello")
        kinds = {"isWritablePrimary": "primary", "secondary": "secondary"}
        state = "".join(word for kind, word in kinds.items() if hello[kind])
        said[host] = {"set": hello["setName"], "state": state}
    except Exception as error:
        said[host] = {"set": "", "state": type(error).__name__}
print(json.dumps(said))
"""


@dataclass(slots=True)
class Told:
    """An answer as a browser saw it come."""

    status: int = 0
    refusal: str = ""
    text: str = ""
    sources: list[dict[str, Any]] = field(default_factory=list)
    done: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    beats: int = 0
    first: float = 0.0
    """Seconds until the first piece of the answer."""
    whole: float = 0.0
    """Seconds until its end."""

    @property
    def titles(self) -> list[str]:
        """Of the sources."""
        return [str(each["title"]) for each in self.sources]


class Means:
    """What writers, and those who look after the system, do again and again."""

    def __init__(self, system: System) -> None:
        self.system = system

    async def registered(self, name: str) -> Http:
        """Somebody who has just registered."""
        client = self.system.http()
        account = {"email": self.email(name), "password": PASSWORD}
        answer = await client.post(f"{API}/auth/register", account)
        must(answer.status == CREATED, "no registration", "无法注册", said=answer.text[:200])
        client.headers["Authorization"] = f"Bearer {fields(answer.json())['accessToken']}"
        return client

    def email(self, name: str) -> str:
        """Another one in each visit."""
        return f"{name}-{self.system.run}@example.com"

    async def added(self, client: Http, title: str, text: str) -> str:
        """The id of a document that was just written."""
        answer = await client.post(f"{API}/documents", {"title": title, "text": text})
        must(answer.status == CREATED, "no document", "无法添加文档", said=answer.text[:200])
        return str(fields(answer.json())["document"]["id"])

    async def indexed(self, client: Http) -> float:
        """Seconds until all documents can be found."""

        async def all_ready() -> bool:
            said = fields((await client.get(f"{API}/documents")).json())
            return all(each["index"]["state"] == "ready" for each in said["documents"])

        return await until(all_ready, Both("a document is not indexed", "文档没有建立索引"), LONG)

    async def begun(self, client: Http) -> str:
        """The id of a new conversation."""
        answer = await client.post(f"{API}/conversations")
        must(answer.status == CREATED, "no conversation", "无法开始对话", said=answer.text[:200])
        return str(fields(answer.json())["conversation"]["id"])

    async def said(self, client: Http, talk: str, text: str, task: str = "ask") -> Told:
        """The answer to a message, read as it comes."""
        told, event, begun = Told(), "", time.monotonic()
        asked = {"conversation": talk, "text": text, "task": task}
        async with client.stream("POST", f"{API}/ai/messages", json=asked) as answer:
            told.status = answer.status
            async for line in answer.lines():
                if told.status != OK:
                    told.refusal += line
                elif line.startswith(":"):
                    told.beats += 1
                elif line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    heard(told, event, json.loads(line.removeprefix("data: ")))
                    if event == "token":
                        told.first = told.first or time.monotonic() - begun
        told.whole = time.monotonic() - begun
        return told

    async def members(self) -> dict[str, dict[str, str]]:
        """What each member of the replica set says it is, by its address."""
        done = await self.system.execute("backend", "python", "-c", MEMBERS)
        must(done.status == 0, "the set cannot be asked", "无法查询副本集", said=done.stderr[-300:])
        return dict(json.loads(done.stdout))

    async def primary(self) -> str:
        """The id of the instance that is primary, as soon as `status` knows who that is."""
        found: list[str] = []

        async def known() -> bool:
            status = await self.operate("status", "--format", "json")
            parts = {each["name"]: each for each in json.loads(status.stdout)["workloads"]}
            docs = parts["docs"]["instances"]
            found[:] = [str(each["id"]) for each in docs if each["member"] == "primary"]
            return len(found) == 1

        await until(known, Both("no member is shown as primary", "没有显示为主节点的成员"), LONG)
        return found[0]

    async def operate(self, *words: str) -> Done:
        """Run a command of Seaway that must succeed."""
        done = await self.system.seaway(*words, limit=LONG)
        if done.status:
            says = Both(f"seaway {words[0]} failed", f"seaway {words[0]} 失败")
            raise Failed(says, said=done.stderr[-500:])
        return done

    async def deployed(self, status: int, *sets: str) -> float:
        """Seconds that a deploy took, which must end with this exit status."""
        words = [word for each in sets for word in ("--set", each)]
        done = await self.system.seaway("deploy", *words, "--format", "json", limit=LONG)
        must(
            done.status == status, "a deploy did not end as it should", "部署结果不符合预期",
            status=done.status, said=done.stderr[-500:],
        )  # fmt: skip
        return float(json.loads(done.stdout)["took"]) if done.stdout.strip() else 0.0

    async def all_serve(self, part: str, copies: int) -> bool:
        """Whether so many copies are there, and all of them serve."""
        there = await self.system.instances(part)
        return len(there) == copies and all(each.phase == "ready" for each in there)


@dataclass(slots=True)
class Writer:
    """Writes all the time, and remembers what was acknowledged."""

    acknowledged: list[str] = field(default_factory=list)
    answers: Counter[int | str] = field(default_factory=Counter)
    slowest: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, client: Http) -> None:
        """Write documents until it is over."""
        while not self.over.is_set():
            begun = time.monotonic()
            document = {"title": f"Note {len(self.acknowledged)}", "text": "Written meanwhile."}
            try:
                answer = await client.post(f"{API}/documents", document)
                self.answers[answer.status] += 1
                if answer.status == CREATED:
                    self.acknowledged.append(str(fields(answer.json())["document"]["id"]))
            except NoAnswer as problem:
                self.answers[str(problem)] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
            await asyncio.sleep(0.1)


def heard(told: Told, event: str, data: dict[str, Any]) -> None:
    """Note one event."""
    match event:
        case "sources":
            told.sources = data["sources"]
        case "token":
            told.text += data["text"]
        case "done":
            told.done = data
        case _:
            told.error = str(data)


def must(met: object, en: str, zh: str, **figures: str | float) -> None:
    """Go on only if it is so."""
    expect(met, Both(en, zh), **figures)


def saw(en: str, zh: str, figures: Mapping[str, str | int | float]) -> Evidence:
    """What a check tells that went well."""
    return Evidence(Both(en, zh), figures)


def fields(value: object) -> dict[str, Any]:
    """The fields of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}
