"""States the tables, once: stores read and write them, and migrations are checked against them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Text,
    desc,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

Json = dict[str, object]


# never printed: some columns are secret; never equal: two of them may be one row at two times
class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """A row; outside of its transaction it is a value, nothing writes a change to it back."""

    type_annotation_map = {  # noqa: RUF012 -- the name and the type are SQLAlchemy's
        str: Text,
        float: Double,
        list[str]: ARRAY(Text),
        Json: JSONB,
        datetime: DateTime(timezone=True),
    }


class Account(Base):
    """One user; the address is kept in lower case."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)"),
        CheckConstraint("role IN ('guest', 'admin')"),
    )

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(default="guest", server_default="guest")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Dish(Base):
    """A dish with what one portion holds; units: fen, kcal, g, mg.

    `revision` grows with each change, `embedded_revision` is the one that its vector is of.
    """

    __tablename__ = "dishes"
    __table_args__ = (
        Index("dishes_name", "name", postgresql_using="gin",
              postgresql_ops={"name": "gin_trgm_ops"}),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(
        primary_key=True, init=False, server_default=func.gen_random_uuid()
    )
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    category: Mapped[str] = mapped_column(server_default="")
    price_fen: Mapped[int]
    kcal: Mapped[float]
    protein_g: Mapped[float]
    fat_g: Mapped[float]
    carbs_g: Mapped[float]
    sodium_mg: Mapped[float]
    allergens: Mapped[list[str]] = mapped_column(server_default="{}")
    available: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    picture: Mapped[str] = mapped_column(default="", server_default="")
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    embedded_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Preference(Base):
    """What a user likes to eat and must not."""

    __tablename__ = "user_preferences"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    likes: Mapped[str] = mapped_column(server_default="")
    avoids: Mapped[list[str]] = mapped_column(server_default="{}")
    kcal_goal: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    embedded_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Photo(Base):
    """A picture that the vision service keeps, and what is on it."""

    __tablename__ = "photos"
    __table_args__ = (
        Index("photos_user", "user_id", desc("created_at")),
        Index("photos_delete_after", "delete_after"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    recognition: Mapped[Json]
    delete_after: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Order(Base):
    """What a guest wants to eat, and how far it is."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'paid', 'cooking', 'ready', 'done', 'cancelled')"),
        Index("orders_user", "user_id", desc("created_at")),
        Index("orders_created", desc("created_at")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    phone: Mapped[str]
    total_fen: Mapped[int]
    state: Mapped[str] = mapped_column(default="new", server_default="new")
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())


class Item(Base):
    """One line of an order, as the dish was then."""

    __tablename__ = "order_items"

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dish_id: Mapped[UUID | None] = mapped_column(ForeignKey("dishes.id", ondelete="SET NULL"))
    name: Mapped[str]
    price_fen: Mapped[int]
    quantity: Mapped[int]


class Payment(Base):
    """One way in which an order may be, or was, paid; `number` is what the service knows it by."""

    __tablename__ = "payments"

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    provider: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    amount_fen: Mapped[int]
    code_url: Mapped[str]
    transaction_id: Mapped[str | None] = mapped_column(init=False, unique=True, default=None)
    created_at: Mapped[datetime] = mapped_column(init=False, server_default=func.now())
    paid_at: Mapped[datetime | None] = mapped_column(init=False, default=None)
