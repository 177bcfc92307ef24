"""Feishu: writes to a group by the webhook of a bot.

Source: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

import base64
import hmac
import time
from datetime import timedelta

from seaway_service.client import JSON, Call, Client, RefusedError, packed

from lulab.shared_settings import Shared

PART = "the messenger"
PATIENCE = timedelta(seconds=10)


class Feishu:
    """One bot in one group."""

    def __init__(self, settings: Shared) -> None:
        self._hook, self._secret = settings.FEISHU_BOT_HOOK, settings.FEISHU_BOT_SECRET
        self._client = Client(PART, settings.FEISHU_URL, PATIENCE)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def send(self, text: str) -> None:
        """Write to the group.

        Raises:
            RefusedError, UnavailableError: it was not sent, or nobody knows.
        """
        stamp = str(int(time.time()))
        made = hmac.digest(f"{stamp}\n{self._secret}".encode(), b"", "sha256")
        told = {
            "timestamp": stamp,
            "sign": base64.b64encode(made).decode(),
            "msg_type": "text",
            "content": {"text": text},
        }
        call = Call(
            method="POST",
            path=f"/open-apis/bot/v2/hook/{self._hook}",
            headers={"content-type": JSON},
            body=packed(told),
            repeatable=False,
        )
        reply = await self._client.ask(call)
        answer = reply.json()
        if answer.get("code") != 0:
            said, code = str(answer.get("msg", "")), str(answer.get("code", ""))
            raise RefusedError(PART, reply.status, said, code)
