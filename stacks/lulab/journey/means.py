"""Means: what the checks are made with."""

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from seaway.journey import Answer, Both, Done, Evidence, Failed, Http, System, expect, until

OK, CREATED, FORBIDDEN, TOO_MANY = 200, 201, 403, 429
LONG = timedelta(minutes=5)
TRIES = 8
ADMIN = "admin@lulab.com"
PASSWORD = "correct horse battery"  # noqa: S105 -- of an account made for the visit
INBOX = """
import sys, urllib.request as web
sent = web.Request(sys.argv[2], sys.argv[3].encode() or None, {"Accept": "application/json",
                   "Content-Type": "application/json"}, method=sys.argv[1])
print(web.urlopen(sent, timeout=20).read().decode())
"""


class Means:
    """What people of LuLab, and the meeting service, do again and again."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.env: dict[str, str] = {}

    async def told(self, name: str) -> str:
        """A setting of the API, as it was started with."""
        if not self.env:
            lines = (await self.beside("api", "env")).splitlines()
            pairs = (line.partition("=") for line in lines)
            self.env = {key: value for key, _, value in pairs}
        return self.env.get(name, "")

    async def asked(self, client: Http, method: str, path: str, value: object = None) -> Answer:
        """Ask as a well-behaved client: who is told to wait waits."""
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Content-Type": "application/json"} if value is not None else {}
        for _ in range(TRIES - 1):
            answer = await client.request(method, path, body, headers)
            if answer.status != TOO_MANY:
                return answer
            await asyncio.sleep(int(answer.headers.get("retry-after", "1")))
        return await client.request(method, path, body, headers)

    async def entered(self, email: str, password: str) -> Http:
        """Somebody who has just logged in."""
        client = self.system.http()
        account = {"email": email, "password": password}
        answer = await self.asked(client, "POST", "/api/auth/login", account)
        must(answer.status == OK, "no log-in", "无法登录", said=answer.text[:200])
        client.headers["Authorization"] = f"Bearer {fields(answer.json())['accessToken']}"
        return client

    async def beside(self, part: str, *argv: str) -> str:
        """What a program prints that is run where a part runs."""
        done = await self.system.execute(part, *argv)
        must(done.status == 0, f"{argv[0]} failed", f"{argv[0]} 失败", said=done.stderr[-300:])
        return str(done.stdout)

    async def inbox(self, service: str, method: str = "GET", path: str = "",
                    value: object = None) -> dict[str, Any]:  # fmt: skip
        """Ask the simulator of a service of others."""
        where = await self.told(f"{service.upper()}_INBOX")
        body = "" if value is None else json.dumps(value)
        said = await self.beside("api", "python", "-c", INBOX, method, where + path, body)
        return fields(json.loads(said))

    async def recorded(self, subject: str, said: str) -> str:
        """Let a meeting end whose recording is there; its number."""
        told = {"subject": subject, "said": said, "creator": "liwei", "creator_name": "李伟"}
        return str((await self.inbox("meeting", "POST", "/recordings", told))["id"])

    async def listed(self, client: Http, words: str) -> dict[str, Any]:
        """The list of what speaks of something."""
        answer = await self.asked(client, "GET", f"/api/meetings?q={words}")
        must(answer.status == OK, "no list", "没有列表", status=answer.status)
        return fields(answer.json())

    async def done(self, client: Http, words: str, count: int = 1) -> list[dict[str, Any]]:
        """Recordings that speak of something, once they are all summed up."""
        found: list[dict[str, Any]] = []

        async def all_done() -> bool:
            found[:] = (await self.listed(client, words))["meetings"]
            return len(found) >= count and all(each["state"] == "done" for each in found)

        await until(all_done, Both("no summary was written", "没有写出纪要"), LONG)
        return found

    async def notified(self, client: Http, recording: str) -> list[str]:
        """By which ways people were told, once all three are through."""
        ways: list[str] = []

        async def three() -> bool:
            answer = await self.asked(client, "GET", f"/api/recordings/{recording}")
            ways[:] = [each["channel"] for each in fields(answer.json()).get("notifications", [])]
            return len(ways) == 3

        await until(three, Both("people were not told three ways", "没有送达三路通知"), LONG)
        return ways

    async def signed(self, data: str, token: str) -> dict[str, str]:
        """The headers of an event."""
        stamp, nonce = str(int(time.time() * 1000)), str(secrets.randbelow(10**8))
        row = "".join(sorted((token, stamp, nonce, data)))
        made = hashlib.sha1(row.encode(), usedforsecurity=False).hexdigest()
        return {"Content-Type": "application/json", "timestamp": stamp, "nonce": nonce,
                "signature": made}  # fmt: skip

    async def lines(self, part: str, pattern: str) -> list[dict[str, Any]]:
        """What a part wrote that fits a pattern, read as JSON."""
        done = await self.operate("logs", part, "--grep", pattern, "--format", "ndjson")
        texts = [str(json.loads(line).get("text", "")) for line in done.stdout.splitlines()]
        return [fields(json.loads(text)) for text in texts if text.startswith("{")]

    async def operate(self, *words: str) -> Done:
        """Run a command of Seaway that must succeed."""
        done = await self.system.seaway(*words, limit=LONG)
        if done.status:
            says = Both(f"seaway {words[0]} failed", f"seaway {words[0]} 失败")
            raise Failed(says, said=(done.stderr or done.stdout)[-500:])
        return done


def must(met: object, en: str, zh: str, **figures: str | float) -> None:
    """Go on only if it is so."""
    expect(met, Both(en, zh), **figures)


def saw(en: str, zh: str, figures: Mapping[str, str | int | float]) -> Evidence:
    """What a check tells that went well."""
    return Evidence(Both(en, zh), figures)


def fields(value: object) -> dict[str, Any]:
    """The fields of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}
