"""Gathered: one page of all that was sent, ordered and recorded, whoever plays it."""

import asyncio
import html
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from seaway.external import pages
from seaway.external.inbox import asked_by_person
from seaway.external.wire import Answer, Json, Request, read_json

PATIENCE = 3.0
"""Seconds for one inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Asks each inbox when somebody looks, and keeps nothing."""

    inboxes: Mapping[str, str]
    """Addresses, by the name of the component."""

    async def handle(self, request: Request) -> Answer:
        """The page, or the same as JSON."""
        if (request.method, request.path.rstrip("/")) not in {("GET", ""), ("GET", "/inbox")}:
            return Answer(status=404, body=b'{"error":"no such page"}')
        asked = (asyncio.to_thread(_asked, each) for each in self.inboxes.values())
        told = dict(zip(self.inboxes, await asyncio.gather(*asked), strict=True))
        sent = [{"by": name, **each} for name, found in told.items() for each in found["messages"]]
        sent.sort(key=itemgetter("at"), reverse=True)
        if not asked_by_person(request):
            whole = {"messages": sent, "inboxes": told}
            return Answer(body=json.dumps(whole, ensure_ascii=False).encode())
        return pages.page("收件箱 Inbox", self._content(sent, told))

    def _content(self, sent: list[Json], told: Mapping[str, Json]) -> str:
        head = ("时间 Time", "由 By", "收件人 To", "内容 Message")
        rows = (
            pages.row((
                str(each["at"]), str(each["by"]), str(each["to"]),
                f"{each.get('subject', '')}\n{each['text']}".strip(),
            ))
            for each in sent
        )  # fmt: skip
        links = " · ".join(
            f'<a href="{html.escape(where)}">{html.escape(name)}</a> {_count(told[name])}'
            for name, where in self.inboxes.items()
        )
        return f"<p>{links}</p>" + pages.table(head, rows, "还没有发送任何内容。Nothing yet.")


def _count(told: Json) -> str:
    if told.get("away"):
        return "?"
    return str(sum(len(told[what]) for what in ("messages", "payments", "recordings")))


def _asked(url: str) -> Json:
    nothing: Json = {"messages": [], "payments": [], "recordings": [], "away": True}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE) as answer:
            return read_json(answer.read()) or nothing
    except OSError:
        return nothing
