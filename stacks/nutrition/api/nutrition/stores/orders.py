"""Keeps orders and their payments; what is paid is paid once, whoever tells it how often."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from seaway_jobs import Queue
from seaway_service.database import Database
from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from nutrition.clients.payments import Paid
from nutrition.stores.models import Dish, Item, Order, Payment

CONFIRM, LOOK = "confirm_order", "look_for_payment"
"""Tasks of the worker."""
LOOK_AFTER = timedelta(seconds=60)
LISTED = 100
NEXT: Mapping[str, frozenset[str]] = {
    "new": frozenset({"cancelled"}),
    "paid": frozenset({"cooking"}),
    "cooking": frozenset({"ready"}),
    "ready": frozenset({"done"}),
    "done": frozenset(),
    "cancelled": frozenset(),
}
"""What an admin may make of an order; that it is paid, only the payment service can say."""


class NoSuchDishError(Exception):
    """A dish is not there, or cannot be ordered."""


class NotInThisStateError(Exception):
    """The state of the order does not allow it."""


class WrongAmountError(Exception):
    """Somebody paid another amount than was due."""


class NoSuchPaymentError(Exception):
    """Nobody is known to pay this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An order with all that belongs to it."""

    order: Order
    items: Sequence[Item]
    payments: Sequence[Payment]


@dataclass(frozen=True, slots=True)
class Settled:
    """Whose order it is, whether it is paid by this, and whether the money must be given back."""

    order: Order
    news: bool
    owed: bool = False


class Orders:
    """The tables of orders, their items and payments."""

    def __init__(self, database: Database, queue: Queue) -> None:
        self._database, self._queue = database, queue

    async def add(self, user: UUID, phone: str, wanted: Mapping[UUID, int], now: datetime) -> Whole:
        """Add an order at the prices of now.

        Raises:
            NoSuchDishError: one of the dishes cannot be ordered.
        """
        async with self._database.transaction() as session:
            found = await session.scalars(
                select(Dish).where(Dish.id.in_(wanted), Dish.available)
            )  # fmt: skip
            dishes = {each.id: each for each in found}
            if dishes.keys() != wanted.keys():
                raise NoSuchDishError
            order = Order(
                id=uuid4(),
                number=new_number(now),
                user_id=user,
                phone=phone,
                total_fen=sum(dishes[dish].price_fen * count for dish, count in wanted.items()),
            )
            session.add(order)
            await session.flush()
            items = [
                Item(order_id=order.id, position=position, dish_id=dish, name=dishes[dish].name,
                     price_fen=dishes[dish].price_fen, quantity=count)
                for position, (dish, count) in enumerate(wanted.items(), 1)
            ]  # fmt: skip
            session.add_all(items)
        return Whole(order=order, items=items, payments=())

    async def one(self, order: UUID, user: UUID | None = None) -> Whole | None:
        """Return an order; one of that user, where one is given."""
        asked = select(Order).where(Order.id == order)
        if user is not None:
            asked = asked.where(Order.user_id == user)
        found = await self._whole(asked)
        return found[0] if found else None

    async def of(self, user: UUID) -> Sequence[Whole]:
        """Return the user's orders, the newest first."""
        asked = select(Order).where(Order.user_id == user)
        return await self._whole(asked.order_by(Order.created_at.desc()).limit(LISTED))

    async def latest(self) -> Sequence[Whole]:
        """Return everybody's orders, the newest first."""
        return await self._whole(select(Order).order_by(Order.created_at.desc()).limit(LISTED))

    async def _whole(self, asked: Select[Order]) -> Sequence[Whole]:
        async with self._database.transaction() as session:
            orders = list(await session.scalars(asked))
            ids = [each.id for each in orders]
            items = list(
                await session.scalars(
                    select(Item).where(Item.order_id.in_(ids)).order_by(Item.position)
                )
            )
            payments = list(await session.scalars(select(Payment).where(Payment.order_id.in_(ids))))
        return [
            Whole(
                order=order,
                items=[each for each in items if each.order_id == order.id],
                payments=[each for each in payments if each.order_id == order.id],
            )
            for order in orders
        ]

    async def change(self, order: UUID, state: str) -> Order | None:
        """Bring an order on its way.

        Raises:
            NotInThisStateError: that is not what comes next.
        """
        before = [each for each, following in NEXT.items() if state in following]
        async with self._database.transaction() as session:
            changed = await session.scalar(
                update(Order)
                .where(Order.id == order, Order.state.in_(before))
                .values(state=state, updated_at=func.now())
                .returning(Order)
            )
            if changed is None and await session.get(Order, order) is not None:
                raise NotInThisStateError
            return changed

    async def keep_payment(self, order: Order, provider: str, code_url: str) -> Payment:
        """Keep how an order may be paid; looked after it when its callback may be lost."""
        values = {
            "order_id": order.id, "provider": provider, "code_url": code_url,
            "number": payment_number(order, provider), "amount_fen": order.total_fen,
        }  # fmt: skip
        key = {"order_id": order.id, "provider": provider}
        async with self._database.transaction() as session:
            made = await session.scalar(
                insert(Payment).values(values).on_conflict_do_nothing().returning(Payment.number)
            )
            if made is not None:
                payload = {"order": str(order.id), "provider": provider}
                await self._queue.enqueue(session, LOOK, payload, delay=LOOK_AFTER)
            return await session.get_one(Payment, key)

    async def settle(self, provider: str, paid: Paid, now: datetime) -> Settled:
        """Take in that something was paid; told again, it changes nothing.

        Raises:
            NoSuchPaymentError: it was none of ours.
            WrongAmountError: it was not what was due.
        """
        async with self._database.transaction() as session:
            payment = await session.scalar(
                select(Payment)
                .where(Payment.provider == provider, Payment.number == paid.number)
                .with_for_update()
            )
            if payment is None:
                raise NoSuchPaymentError(paid.number)
            if payment.amount_fen != paid.amount_fen:
                raise WrongAmountError(f"{paid.amount_fen} fen in place of {payment.amount_fen}")
            order = await session.get_one(Order, payment.order_id, with_for_update=True)
            if payment.paid_at is not None:
                return Settled(order, news=False)
            payment.paid_at, payment.transaction_id = now, paid.transaction_id
            return await self._paid(session, order, now)

    async def _paid(self, session: AsyncSession, order: Order, now: datetime) -> Settled:
        """Only a new order becomes a paid one: what comes late, or twice, has to be paid back."""
        if order.state != "new":
            return Settled(order, news=False, owed=True)
        order.state, order.updated_at = "paid", now
        await self._queue.enqueue(session, CONFIRM, {"order": str(order.id)})
        return Settled(order, news=True)


def new_number(now: datetime) -> str:
    """Return a number for people and payment services: the time, and what nobody can guess."""
    return f"{now:%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}"


def payment_number(order: Order, provider: str) -> str:
    """Return what the payment service knows the payment by."""
    return f"{provider[0].upper()}{order.number}"
