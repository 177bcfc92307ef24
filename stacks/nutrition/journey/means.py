"""Means: what the checks are made with."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from seaway.journey import Answer, Both, Done, Evidence, Failed, Http, System, expect, until

OK, CREATED, TOO_MANY = 200, 201, 429
LONG = timedelta(minutes=5)
TRIES = 8
ADMIN = "admin@ai-nutrition-restaurant.com"
PASSWORD = "correct horse battery"  # noqa: S105 -- of accounts made for the visit
PICTURE = """
import base64, io, sys
from PIL import Image
wide, high, form = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
picture = Image.linear_gradient("L").resize((wide, high)).convert("RGB")
out = io.BytesIO()
picture.save(out, form)
print(base64.b64encode(out.getvalue()).decode())
"""
INBOX = """
import sys, urllib.request as web
sent = web.Request(sys.argv[2], sys.argv[3].encode() or None, {"Accept": "application/json",
                   "Content-Type": "application/json"}, method=sys.argv[1])
print(web.urlopen(sent, timeout=20).read().decode())
"""


class Means:
    """What guests and those who look after the restaurant do again and again."""

    def __init__(self, system: System) -> None:
        self.system = system

    async def asked(self, client: Http, method: str, path: str, value: object = None) -> Answer:
        """Ask as a well-behaved client: who is told to wait waits."""
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Content-Type": "application/json"} if value is not None else {}
        return await self.sent(client, method, path, body, headers)

    async def sent(
        self, client: Http, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        for _ in range(TRIES - 1):
            answer = await client.request(method, path, body, headers)
            if answer.status != TOO_MANY:
                return answer
            await asyncio.sleep(int(answer.headers.get("retry-after", "1")))
        return await client.request(method, path, body, headers)

    async def guest(self, name: str) -> Http:
        """Somebody who has just registered."""
        client = self.system.http()
        account = {"email": f"{name}-{self.system.run}@example.com", "password": PASSWORD}
        answer = await self.asked(client, "POST", "/api/auth/register", account)
        must(answer.status == CREATED, "no registration", "无法注册", said=answer.text[:200])
        return entered(client, answer)

    async def chef(self) -> Http:
        """Whoever looks after the restaurant."""
        client = self.system.http()
        found = await self.beside("api", "printenv", "ADMIN_PASSWORD")
        account = {"email": ADMIN, "password": found.strip()}
        answer = await self.asked(client, "POST", "/api/auth/login", account)
        must(
            answer.status == OK, "the admin cannot log in", "管理员无法登录", said=answer.text[:99]
        )
        return entered(client, answer)

    async def beside(self, part: str, *argv: str) -> str:
        """What a program prints that is run where a part runs."""
        done = await self.system.execute(part, *argv)
        must(done.status == 0, f"{argv[0]} failed", f"{argv[0]} 失败", said=done.stderr[-300:])
        return done.stdout

    async def picture(self, wide: int, high: int, form: str) -> str:
        """A picture as base64, made where there is a library that can."""
        return await self.beside("vision", "python", "-c", PICTURE, str(wide), str(high), form)

    async def inbox(self, service: str, method: str, path: str, body: str = "") -> dict[str, Any]:
        """Ask the simulator of a service of others."""
        address = (await self.beside("api", "printenv", f"{service.upper()}_URL")).strip()
        said = await self.beside("api", "python", "-c", INBOX, method, address + path, body)
        try:
            return fields(json.loads(said))
        except ValueError:
            return {}

    async def embedded(self, client: Http, dish: str) -> None:
        """Return when the vector of a dish is made."""

        async def there() -> bool:
            answer = await self.asked(client, "GET", f"/api/dishes/{dish}")
            return bool(fields(answer.json()).get("dish", {}).get("embedded"))

        await until(there, Both("a dish is not embedded", "菜品没有生成向量"), LONG)

    async def operate(self, *words: str) -> Done:
        """Run a command of Seaway that must succeed."""
        done = await self.system.seaway(*words, limit=LONG)
        if done.status:
            says = Both(f"seaway {words[0]} failed", f"seaway {words[0]} 失败")
            raise Failed(says, said=done.stderr[-500:])
        return done


def entered(client: Http, answer: Answer) -> Http:
    """The same client, with the token that it was given."""
    client.headers["Authorization"] = f"Bearer {fields(answer.json())['accessToken']}"
    return client


def form(content: bytes, name: str) -> tuple[bytes, dict[str, str]]:
    """A form with one file, and its headers."""
    edge = "edge-of-the-parts-7d1f"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head += "Content-Type: application/octet-stream\r\n\r\n"
    body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={edge}"}


def must(met: object, en: str, zh: str, **figures: str | float) -> None:
    """Go on only if it is so."""
    expect(met, Both(en, zh), **figures)


def saw(en: str, zh: str, figures: Mapping[str, str | int | float]) -> Evidence:
    """What a check tells that went well."""
    return Evidence(Both(en, zh), figures)


def fields(value: object) -> dict[str, Any]:
    """The fields of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}
