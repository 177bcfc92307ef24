"""python -m seaway.external: play the service of someone else until told to end."""

import asyncio
import os
import signal
from functools import partial

from seaway.external.alipay import Alipay
from seaway.external.aliyun import Aliyun
from seaway.external.book import Book
from seaway.external.inbox import Inbox
from seaway.external.postman import Postman
from seaway.external.settings import Settings, settings
from seaway.external.wechat import WeChat
from seaway.external.wire import LARGEST_HEAD, Answer, Handler, Request, converse

TITLES = {
    "wechat": "微信支付 WeChat Pay", "alipay": "支付宝 Alipay", "aliyun": "阿里云短信 Aliyun SMS",
}  # fmt: skip


def played(told: Settings, group: asyncio.TaskGroup) -> Handler:
    """The service, its inbox, and the answers for whoever supervises.

    Raises:
        ValueError: there is no such provider, or a key is none.
        KeyError: something of the account is missing.
    """
    book = Book()
    service: WeChat | Alipay | Aliyun
    match told.provider:
        case "wechat":
            service = WeChat(told.account, book, Postman(group, book, told.hurry))
        case "alipay":
            service = Alipay(told.account, book, Postman(group, book, told.hurry))
        case "aliyun":
            service = Aliyun(told.account, book)
        case other:
            raise ValueError(f"no provider is called {other}")
    paid = None if isinstance(service, Aliyun) else service.paid
    inbox = Inbox(title=TITLES[told.provider], book=book, paid=paid)

    async def handle(request: Request) -> Answer:
        if request.path in {"/readyz", "/livez"}:
            return Answer(body=b'{"status":"ok"}')
        if request.path == "/inbox" or request.path.startswith("/inbox/"):
            return inbox.handle(request)
        return await service.handle(request)

    return handle


async def serve(told: Settings) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    async with asyncio.TaskGroup() as group:
        handle = played(told, group)
        met = partial(converse, handle)
        server = await asyncio.start_server(met, told.host, told.port, limit=LARGEST_HEAD)
        await over.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(serve(settings(os.environ)))
