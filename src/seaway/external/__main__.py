"""python -m seaway.external: play the service of someone else until told to end."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial

from seaway.external.alipay import Alipay
from seaway.external.aliyun import Aliyun
from seaway.external.book import Book
from seaway.external.feishu import Feishu
from seaway.external.gathered import Gathered
from seaway.external.inbox import Inbox
from seaway.external.meeting import Meeting
from seaway.external.postman import Postman
from seaway.external.settings import Settings, settings
from seaway.external.wechat import WeChat
from seaway.external.wire import LARGEST_HEAD, Answer, Handler, Request, converse

TITLES = {
    "wechat": "微信支付 WeChat Pay", "alipay": "支付宝 Alipay", "aliyun": "阿里云短信 Aliyun SMS",
    "tencent-meeting": "腾讯会议 Tencent Meeting", "feishu": "飞书 Feishu", "smtp": "邮件 Mail",
}  # fmt: skip
_OF_INBOX = "inbox_of_"


def played(told: Settings, group: asyncio.TaskGroup, book: Book) -> Handler:
    """The service, its inbox, and the answers for whoever supervises.

    Raises:
        ValueError: there is no such provider, or a key is none.
        KeyError: something of the account is missing.
    """
    if told.provider == "inbox":
        return _with_probes(Gathered(inboxes=_inboxes(told.account)).handle)
    service, inbox = _service(told, Postman(group, book, told.hurry), book)

    async def handle(request: Request) -> Answer:
        if request.path == "/inbox" or request.path.startswith("/inbox/"):
            return inbox.handle(request)
        return await service(request)

    return _with_probes(handle)


def _service(told: Settings, postman: Postman, book: Book) -> tuple[Handler, Inbox]:
    title = TITLES.get(told.provider, "")
    match told.provider:
        case "wechat" | "alipay":
            pay = (WeChat if told.provider == "wechat" else Alipay)(told.account, book, postman)
            return pay.handle, Inbox(title=title, book=book, paid=pay.paid)
        case "tencent-meeting":
            meeting = Meeting(told.account, book, postman)
            return meeting.handle, Inbox(title=title, book=book, finished=meeting.finished)
        case "aliyun":
            return Aliyun(told.account, book).handle, Inbox(title=title, book=book)
        case "feishu":
            return Feishu(told.account, book).handle, Inbox(title=title, book=book)
        case "smtp":  # it is not asked by HTTP
            return _nothing, Inbox(title=title, book=book)
        case other:
            raise ValueError(f"no provider is called {other}")


def _inboxes(account: Mapping[str, str]) -> Mapping[str, str]:
    """Their addresses, by the name of the component."""
    named = {name: where for name, where in account.items() if name.startswith(_OF_INBOX)}
    return {name.removeprefix(_OF_INBOX): where for name, where in named.items()}


def _with_probes(handler: Handler) -> Handler:
    async def handle(request: Request) -> Answer:
        if request.path in {"/readyz", "/livez"}:
            return Answer(body=b'{"status":"ok"}')
        return await handler(request)

    return handle


async def _nothing(_request: Request) -> Answer:
    return Answer(status=404, body=b'{"error":"no such page"}')


async def serve(told: Settings) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    book = Book()
    async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
        handle = played(told, group, book)
        if told.provider == "smtp":
            # only here: it takes a while to import
            from seaway.external.mail import receiving  # noqa: PLC0415

            await stack.enter_async_context(receiving(told.account, book, told.host, told.smtp))
        met = partial(converse, handle)
        server = await asyncio.start_server(met, told.host, told.port, limit=LARGEST_HEAD)
        await over.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(serve(settings(os.environ)))
