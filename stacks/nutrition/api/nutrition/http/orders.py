"""Lets guests order and pay, and admins bring orders on their way."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import AfterValidator, Field
from seaway_service.bodies import Answer, Body, Moment, sent, takes
from seaway_service.problems import Problem, conflict, not_found
from seaway_service.routes import router_of

from nutrition.clients.payments import Due
from nutrition.http.identity import Admin, Caller
from nutrition.parts import Known, Parts
from nutrition.stores.events import ADMINS, of_user
from nutrition.stores.models import Order
from nutrition.stores.orders import (
    NoSuchDishError,
    NotInThisStateError,
    Whole,
    payment_number,
)

PHONE = re.compile(r"\+?[0-9]{6,15}")
Provider = Literal["wechat", "alipay"]

router = router_of("orders")


def telephone(text: str) -> str:
    """Return the number if messages can be sent to it."""
    number = text.replace(" ", "").replace("-", "")
    if not PHONE.fullmatch(number):
        raise ValueError("is not a telephone number")
    return number


class Line(Body):
    """So many of a dish."""

    dish: UUID
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class Wanted(Body):
    """What a guest orders, and where the confirmation is sent."""

    items: Annotated[list[Line], Field(min_length=1, max_length=30)]
    phone: Annotated[str, AfterValidator(telephone)]


class Way(Body):
    """How a guest wants to pay."""

    provider: Provider


class Step(Body):
    """What is to become of an order."""

    state: Literal["cooking", "ready", "done", "cancelled"]


class ShownItem(Answer):
    """One line, as the dish was then."""

    dish: UUID | None
    name: str
    price_fen: int
    quantity: int


class ShownPayment(Answer):
    """A way to pay; `codeUrl` is what the telephone scans."""

    provider: str
    number: str
    amount_fen: int
    code_url: str
    paid_at: Moment | None


class ShownOrder(Answer):
    """An order and how far it is."""

    id: UUID
    number: str
    state: str
    phone: str
    total_fen: int
    items: Sequence[ShownItem]
    payments: Sequence[ShownPayment]
    created_at: Moment
    updated_at: Moment


class OneOrder(Answer):
    """An order."""

    order: ShownOrder


class AllOrders(Answer):
    """Orders, the newest first."""

    orders: Sequence[ShownOrder]


class OnePayment(Answer):
    """A way to pay; `payPage` is where a simulated payment is made, empty for a real one."""

    payment: ShownPayment
    pay_page: str


@router.post("/orders", status_code=201, openapi_extra=takes(Wanted))
async def order(
    known: Known, identity: Caller, wanted: Annotated[Wanted, Depends(sent(Wanted))]
) -> OneOrder:
    """Order dishes at the prices of now."""
    counts: dict[UUID, int] = {}
    for line in wanted.items:
        counts[line.dish] = min(counts.get(line.dish, 0) + line.quantity, 99)
    try:
        made = await known.orders.add(identity.user_id, wanted.phone, counts, datetime.now(UTC))
    except NoSuchDishError:
        raise conflict("no_such_dish", "one of the dishes is not there any more") from None
    await told(known, made.order)
    return OneOrder(order=shown(made))


@router.get("/orders")
async def orders(known: Known, identity: Caller) -> AllOrders:
    """List the caller's orders."""
    return AllOrders(orders=[shown(each) for each in await known.orders.of(identity.user_id)])


@router.get("/orders/{order}")
async def one_order(known: Known, identity: Caller, order: UUID) -> OneOrder:
    """Show an order."""
    return OneOrder(order=shown(there(await known.orders.one(order, identity.user_id))))


@router.post("/orders/{order}/pay", openapi_extra=takes(Way))
async def pay(
    known: Known, identity: Caller, order: UUID, way: Annotated[Way, Depends(sent(Way))]
) -> OnePayment:
    """Begin to pay; asked again, it is the same payment."""
    whole = there(await known.orders.one(order, identity.user_id))
    if whole.order.state != "new":
        raise conflict("not_payable", "this order is paid, or cancelled")
    service = known.pay.get(way.provider)
    if service is None:
        raise Problem(409, "switched_off", "this way to pay is not switched on here")
    due = Due(
        number=payment_number(whole.order, way.provider),
        amount_fen=whole.order.total_fen,
        title=known.settings.APP_NAME,
        callback=f"{known.settings.callbacks(way.provider)}/api/payments/{way.provider}/notify",
    )
    code = await service.begin(due)
    payment = await known.orders.keep_payment(whole.order, way.provider, code)
    return OnePayment(
        payment=ShownPayment.model_validate(payment, from_attributes=True),
        pay_page=known.settings.pay_page(way.provider),
    )


@router.post("/orders/{order}/cancel")
async def cancel(known: Known, identity: Caller, order: UUID) -> OneOrder:
    """Cancel an order that is not paid."""
    there(await known.orders.one(order, identity.user_id))
    return await stepped(known, order, "cancelled")


@router.get("/admin/orders")
async def every_order(known: Known, _identity: Admin) -> AllOrders:
    """List everybody's orders."""
    return AllOrders(orders=[shown(each) for each in await known.orders.latest()])


@router.post("/admin/orders/{order}/state", openapi_extra=takes(Step))
async def bring_on(
    known: Known, _identity: Admin, order: UUID, step: Annotated[Step, Depends(sent(Step))]
) -> OneOrder:
    """Bring an order on its way."""
    return await stepped(known, order, step.state)


async def stepped(known: Parts, order: UUID, state: str) -> OneOrder:
    """Change the state of an order, and tell who should know."""
    try:
        changed = await known.orders.change(order, state)
    except NotInThisStateError:
        raise conflict("not_now", "the order is not at the step before") from None
    if changed is not None:
        await told(known, changed)
    return OneOrder(order=shown(there(await known.orders.one(order))))


async def told(known: Parts, order: Order) -> None:
    """Tell the guest's pages and the admins' what has become of an order."""
    news = {"id": str(order.id), "number": order.number, "state": order.state}
    await known.events.publish([of_user(order.user_id), ADMINS], "order.changed", news)


def there(order: Whole | None) -> Whole:
    """Return the order; raises Problem if there is none."""
    if order is None:
        raise not_found("order")
    return order


def shown(whole: Whole) -> ShownOrder:
    """Return what is shown of an order."""
    order = whole.order
    items = [
        ShownItem(dish=each.dish_id, name=each.name, price_fen=each.price_fen,
                  quantity=each.quantity)
        for each in whole.items
    ]  # fmt: skip
    payments = [ShownPayment.model_validate(each, from_attributes=True) for each in whole.payments]
    return ShownOrder(
        id=order.id, number=order.number, state=order.state, phone=order.phone,
        total_fen=order.total_fen, items=items, payments=payments, created_at=order.created_at,
        updated_at=order.updated_at,
    )  # fmt: skip
