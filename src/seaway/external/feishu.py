"""Feishu: the webhook of a custom bot in one group, with its signature.

The forms are those of their public documentation,
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot. Their signature covers the time
and neither content nor sender: within the hour the same one is good again, here as there.
"""

import base64
import hmac
import json
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from seaway.external.book import Book, Note, now, number
from seaway.external.wire import Answer, Json, Request, mapping, read_json

FRESH = 3600
"""Seconds, as their documentation says."""
MOST_IN_SECOND, MOST_IN_MINUTE = 5, 100
LARGEST = 20 * 1024
"""Bytes of one message."""
_HOOK = re.compile(r"/open-apis/bot/v2/hook/([^/?]+)")


@dataclass(slots=True)
class Feishu:
    """Their side for one bot."""

    account: Mapping[str, str]
    book: Book
    _times: deque[float] = field(default_factory=lambda: deque[float](maxlen=MOST_IN_MINUTE))

    async def handle(self, request: Request) -> Answer:
        """One message."""
        found = _HOOK.fullmatch(request.path)
        if request.method != "POST" or found is None:
            return Answer(status=404, body=_json({"code": 404, "msg": "not found"}))
        if self.book.take("refuse"):
            return Answer(status=500, body=_json({"code": 11247, "msg": "internal send failed"}))
        code, words = self._taken(found[1], request.body)
        if code:
            return Answer(status=400, body=_json({"code": code, "data": {}, "msg": words}))
        told: Json = {
            "StatusCode": 0,
            "StatusMessage": "success",
            "code": 0,
            "data": {},
            "msg": words,
        }
        return Answer(body=_json(told))

    def _taken(self, hook: str, body: bytes) -> tuple[int, str]:
        """What is wrong with it, by their number; 0 when it was sent."""
        told = read_json(body)
        if told is None or len(body) > LARGEST:
            return 9499, "Bad Request"
        if not hmac.compare_digest(hook.encode(), self.account["hook"].encode()):
            return 19001, "param invalid: incoming webhook access token invalid"
        if not self._signed(told):
            said = "sign match fail or timestamp is not within one hour from current time"
            return 19021, said
        text = written(told)
        if text is None:
            return 19002, "param invalid: msg_type or content"
        if self._too_often():
            return 11232, "frequency limited psm[lark.oapi.app_platform_runtime]"
        self.book.sent(Note(number=number(20), at=now(), sender="bot", to="群 group", text=text))
        return 0, "success"

    def _signed(self, told: Json) -> bool:
        stamp = str(told.get("timestamp", ""))
        fresh = stamp.isdecimal() and abs(time.time() - int(stamp[:12])) <= FRESH
        made = signature(self.account["secret"], stamp)
        return fresh and hmac.compare_digest(made.encode(), str(told.get("sign", "")).encode())

    def _too_often(self) -> bool:
        at = time.monotonic()
        in_second = sum(at - one < 1 for one in self._times)
        full = len(self._times) == MOST_IN_MINUTE and at - self._times[0] < 60  # noqa: PLR2004
        if full or in_second >= MOST_IN_SECOND:
            return True
        self._times.append(at)
        return False


def signature(secret: str, stamp: str) -> str:
    """The text is the key, and what is signed is empty: that is how theirs is."""
    return base64.b64encode(hmac.digest(f"{stamp}\n{secret}".encode(), b"", "sha256")).decode()


def written(told: Json) -> str | None:
    """What the group would read; None where it is no message."""
    match told.get("msg_type"):
        case "text":
            content = mapping(told.get("content"))
            text = content.get("text") if content else None
            return text if isinstance(text, str) and text else None
        case "interactive":
            card = mapping(told.get("card"))
            return "\n".join(_texts(card)) or None if card else None
        case _:
            return None


def _texts(told: object) -> list[str]:
    """All texts of a card, in their order."""
    if isinstance(told, list):
        return [text for each in cast("list[object]", told) for text in _texts(each)]
    found = mapping(told) or {}
    own = found.get("content")
    here = [own] if isinstance(own, str) else []
    return here + [text for value in found.values() for text in _texts(value)]


def _json(told: Json) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
