"""Does the jobs of the restaurant."""

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from seaway_jobs import GiveUp, Job, Payload, Queue, TryAgain
from seaway_service.client import RefusedError

from nutrition.stores.dishes import EMBED, FORGET, described, embedded_text
from nutrition.stores.events import ADMINS, of_user
from nutrition.stores.orders import CONFIRM, LOOK
from nutrition.stores.preferences import EMBED as EMBED_PREFERENCE
from nutrition.worker.tools import Tools

LOOKS = 5
BETWEEN_LOOKS = timedelta(minutes=5)
ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=1)
LONGEST = timedelta(minutes=2)

log = logging.getLogger(__name__)


def register(queue: Queue) -> None:
    """Name the tasks to the queue."""
    tasks = {
        EMBED: embed_dish, FORGET: forget_dish, EMBED_PREFERENCE: embed_preference,
        CONFIRM: confirm_order, LOOK: look_for_payment,
    }  # fmt: skip
    for name, task in tasks.items():
        queue.task(name, attempts=ATTEMPTS, first_wait=FIRST_WAIT, timeout=LONGEST)(task)


async def embed_dish(job: Job, payload: Payload) -> None:
    """Make the vector of a dish, and have it found and talked about.

    If it changes meanwhile it is done again, lest what is old be written over what is new.
    """
    tools, key = tools_of(job), str(payload["dish"])
    while (dish := await tools.dishes.one(UUID(key))) is not None:
        [vector] = await tools.search.embedded([embedded_text(dish)])
        await tools.search.keep(key, vector, {"name": dish.name, "category": dish.category})
        await tools.chat.learn(key, dish.name, described(dish))
        if await tools.dishes.keep_vector(dish.id, dish.revision, vector):
            return
        log.info("a dish changed while it was embedded", extra={"dish": key})
    await forget(tools, key)


async def forget_dish(job: Job, payload: Payload) -> None:
    """Have a dish that is gone no longer found, nor talked about."""
    await forget(tools_of(job), str(payload["dish"]))


async def forget(tools: Tools, dish: str) -> None:
    """Forget a dish in both services."""
    await tools.search.forget(dish)
    await tools.chat.forget(dish)


async def embed_preference(job: Job, payload: Payload) -> None:
    """Make the vector of what a user likes; nothing said needs none."""
    tools, user = tools_of(job), UUID(payload["user"])
    preference = await tools.preferences.of(user)
    if preference is None:
        return
    likes = preference.likes
    vector = (await tools.search.embedded([likes]))[0] if likes else None
    await tools.preferences.keep_vector(user, preference.revision, vector)


async def confirm_order(job: Job, payload: Payload) -> None:
    """Tell the guest by a short message that the order is paid."""
    tools = tools_of(job)
    whole = await tools.orders.one(UUID(payload["order"]))
    if whole is None or tools.sms is None:
        return
    order = whole.order
    params = {"order": order.number, "total": f"{order.total_fen / 100:.2f}"}
    try:
        receipt = await tools.sms.send(order.phone, params, job.key)
    except RefusedError as error:
        if error.code == "isv.BUSINESS_LIMIT_CONTROL":
            raise TryAgain(after=timedelta(minutes=1), reason=str(error)) from error
        raise GiveUp(str(error)) from error
    log.info("order confirmed", extra={"order": order.number, "receipt": receipt})


async def look_for_payment(job: Job, payload: Payload) -> None:
    """Ask the payment service, in case its callback was lost."""
    tools, provider = tools_of(job), str(payload["provider"])
    whole = await tools.orders.one(UUID(payload["order"]))
    service = tools.pay.get(provider)
    if whole is None or service is None or whole.order.state != "new":
        return
    number = next(each.number for each in whole.payments if each.provider == provider)
    paid = await service.look(number)
    if paid is None:
        if job.attempt < LOOKS:
            raise TryAgain(after=BETWEEN_LOOKS, reason="not paid yet", counts=True)
        return
    done = await tools.orders.settle(provider, paid, datetime.now(UTC))
    if done.news:
        order = done.order
        news = {"id": str(order.id), "number": order.number, "state": order.state}
        await tools.events.publish([of_user(order.user_id), ADMINS], "order.changed", news)
        log.warning("a callback was lost", extra={"order": order.number, "provider": provider})


def tools_of(job: Job) -> Tools:
    """Return what the worker carries jobs out with."""
    tools = job.resources
    if not isinstance(tools, Tools):  # pragma: no cover
        raise TypeError
    return tools
