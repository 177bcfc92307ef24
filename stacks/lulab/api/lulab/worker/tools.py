"""Holds what jobs are carried out with: made once per worker."""

from dataclasses import dataclass

from seaway_jobs import Queue
from seaway_service.sms import Account, Sms

from lulab.clients.feishu import Feishu
from lulab.clients.mail import Mail
from lulab.clients.meeting import Meeting
from lulab.clients.model import Model
from lulab.parts import Stores, opened
from lulab.shared_settings import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """One of each; ways to tell people that are not switched on are None."""

    settings: Shared
    stores: Stores
    queue: Queue
    meeting: Meeting
    model: Model
    mail: Mail | None
    sms: Sms | None
    feishu: Feishu | None

    async def close(self) -> None:
        """Close all connections."""
        for client in (self.meeting, self.model, self.sms, self.feishu):
            if client is not None:
                await client.close()
        await self.stores.close()


def made(settings: Shared, queue: Queue) -> Tools:
    """Make all of it; nothing connects yet."""
    on = settings.integrations
    return Tools(
        settings=settings,
        stores=opened(settings),
        queue=queue,
        meeting=Meeting(settings),
        model=Model(settings),
        mail=Mail(settings) if on["mail"] else None,
        sms=Sms(account(settings)) if on["sms"] else None,
        feishu=Feishu(settings) if on["feishu"] else None,
    )


def account(settings: Shared) -> Account:
    """Return the account that short messages are sent by."""
    return Account(
        endpoint=settings.SMS_ENDPOINT,
        access_key=settings.SMS_ACCESS_KEY,
        secret_key=settings.SMS_SECRET,
        signature=settings.SMS_SIGN_NAME,
        template=settings.SMS_TEMPLATE_ID,
    )
