"""Keeps the dishes, what they hold, and the vectors by which they are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from seaway_jobs import Queue
from seaway_service.database import Database
from sqlalchemy import delete, func, or_, select, text, update

from nutrition.stores.models import Dish

EMBED, FORGET = "embed_dish", "forget_dish"
"""Tasks of the worker."""
MOST = 500


@dataclass(frozen=True, slots=True)
class Alike:
    """A dish and how like it is, from -1 to 1."""

    dish: Dish
    similarity: float


class Dishes:
    """The table of dishes; each change puts the job into the queue that embeds it, with it."""

    def __init__(self, database: Database, queue: Queue) -> None:
        self._database, self._queue = database, queue

    async def add(self, facts: Mapping[str, Any]) -> Dish:
        """Add a dish."""
        dish = Dish(**facts)
        async with self._database.transaction() as session:
            session.add(dish)
            await session.flush()
            await self._queue.enqueue(session, EMBED, {"dish": str(dish.id)})
        return dish

    async def change(self, dish: UUID, facts: Mapping[str, Any]) -> Dish | None:
        """Change a dish; its vector is of the revision before until it is embedded anew."""
        async with self._database.transaction() as session:
            changed = await session.scalar(
                update(Dish)
                .where(Dish.id == dish)
                .values(**facts, revision=Dish.revision + 1, updated_at=func.now())
                .returning(Dish)
            )
            if changed is not None:
                await self._queue.enqueue(session, EMBED, {"dish": str(dish)})
            return changed

    async def show(self, dish: UUID, picture: str) -> Dish | None:
        """Give a dish its picture, which its vector has nothing to do with."""
        async with self._database.transaction() as session:
            return await session.scalar(
                update(Dish)
                .where(Dish.id == dish)
                .values(picture=picture, updated_at=func.now())
                .returning(Dish)
            )

    async def remove(self, dish: UUID) -> bool:
        """Remove a dish; orders keep what it was called and cost."""
        async with self._database.transaction() as session:
            gone = await session.scalar(delete(Dish).where(Dish.id == dish).returning(Dish.id))
            if gone is not None:
                await self._queue.enqueue(session, FORGET, {"dish": str(dish)})
            return gone is not None

    async def one(self, dish: UUID) -> Dish | None:
        """Return a dish."""
        async with self._database.transaction() as session:
            return await session.get(Dish, dish)

    async def every(self, *, words: str = "", hidden: bool = False) -> Sequence[Dish]:
        """Return the dishes by category and name; `hidden` ones too that cannot be ordered."""
        asked = select(Dish).order_by(Dish.category, Dish.name).limit(MOST)
        if words:
            pattern = f"%{words.replace('%', '').replace('_', '')}%"
            asked = asked.where(or_(Dish.name.ilike(pattern), Dish.name_en.ilike(pattern)))
        if not hidden:
            asked = asked.where(Dish.available)
        async with self._database.transaction() as session:
            return list(await session.scalars(asked))

    async def some(self, ids: Sequence[UUID]) -> dict[UUID, Dish]:
        """Return those that are there, by id."""
        async with self._database.transaction() as session:
            found = await session.scalars(select(Dish).where(Dish.id.in_(ids)))
            return {each.id: each for each in found}

    async def similar(self, dish: UUID, threshold: float, limit: int) -> Sequence[Alike] | None:
        """Return the dishes most like this one, nearest first; None while it has no vector."""
        async with self._database.transaction() as session:
            vector = await session.scalar(
                text("SELECT nutrition_embedding::text FROM dishes WHERE id = :dish"),
                {"dish": dish},
            )
            if vector is None:
                return None
            rows = await session.execute(
                text("SELECT * FROM find_similar_dishes(CAST(:vector AS vector), :least, :most)"),
                {"vector": vector, "least": threshold, "most": limit + 1},
            )
            near = {row.dish_id: row.similarity for row in rows if row.dish_id != dish}
            found = await session.scalars(select(Dish).where(Dish.id.in_(near), Dish.available))
            alike = [Alike(each, near[each.id]) for each in found]
        return sorted(alike, key=lambda each: -each.similarity)[:limit]

    async def for_user(self, user: UUID, threshold: float, limit: int) -> Sequence[Alike] | None:
        """Return the dishes that suit the user's preferences; None while there is no vector."""
        async with self._database.transaction() as session:
            found = await session.execute(
                text(
                    "SELECT preference_embedding::text AS vector, avoids"
                    " FROM user_preferences WHERE user_id = :user"
                ),
                {"user": user},
            )
            row = found.one_or_none()
            if row is None or row.vector is None:
                return None
            rows = await session.execute(
                text("SELECT * FROM find_similar_dishes(CAST(:vector AS vector), :least, :most)"),
                {"vector": row.vector, "least": threshold, "most": limit * 3},
            )
            near = {each.dish_id: each.similarity for each in rows}
            asked = select(Dish).where(Dish.id.in_(near), Dish.available)
            dishes = [
                each for each in await session.scalars(asked)
                if not set(each.allergens) & set(row.avoids)
            ]  # fmt: skip
        alike = [Alike(each, near[each.id]) for each in dishes]
        return sorted(alike, key=lambda each: -each.similarity)[:limit]

    async def keep_vector(self, dish: UUID, revision: int, vector: Sequence[float]) -> bool:
        """Keep the vector of that revision; False if the dish has changed, or is gone."""
        return await self._kept(
            "UPDATE dishes SET nutrition_embedding = CAST(:vector AS vector),"
            " embedded_revision = :revision WHERE id = :id AND revision = :revision",
            {"id": dish, "revision": revision, "vector": shown(vector)},
        )

    async def _kept(self, statement: str, values: Mapping[str, object]) -> bool:
        async with self._database.transaction() as session:
            done = await session.execute(text(statement + " RETURNING true"), dict(values))
            return done.one_or_none() is not None

    async def stale(self) -> Sequence[UUID]:
        """Return the dishes whose vector is not of their present revision."""
        async with self._database.transaction() as session:
            asked = select(Dish.id).where(Dish.embedded_revision != Dish.revision).limit(MOST)
            return list(await session.scalars(asked))

    async def again(self, dishes: Sequence[UUID]) -> None:
        """Have these embedded."""
        async with self._database.transaction() as session:
            payloads = [{"dish": str(each)} for each in dishes]
            await self._queue.enqueue_many(session, EMBED, payloads)


def shown(vector: Sequence[float]) -> str:
    """Return a vector as pgvector reads it."""
    return "[" + ",".join(f"{each:.7g}" for each in vector) + "]"


def described(dish: Dish) -> str:
    """Return all that is to be known of a dish, as people would read it, in both languages."""
    allergens = "、".join(dish.allergens) or "无"
    name = f"{dish.name}（{dish.name_en}）" if dish.name_en else dish.name
    figures = (
        f"{dish.name}每份含热量 {dish.kcal:g} 千卡，蛋白质 {dish.protein_g:g} 克，"
        f"脂肪 {dish.fat_g:g} 克，碳水化合物 {dish.carbs_g:g} 克，钠 {dish.sodium_mg:g} 毫克。"
    )
    last = f"{dish.name}的过敏原：{allergens}。{dish.name}的价格是 {dish.price_fen / 100:g} 元。"
    lines = [f"{name}，{dish.category}。", dish.description, figures, last]
    if dish.name_en:
        lines.append(
            f"One portion of {dish.name_en} has {dish.kcal:g} kcal of energy, {dish.protein_g:g} g"
            f" of protein, {dish.fat_g:g} g of fat, {dish.carbs_g:g} g of carbohydrates and"
            f" {dish.sodium_mg:g} mg of sodium. {dish.name_en} costs {dish.price_fen / 100:g} yuan."
        )
    return "\n".join(line for line in lines if line)


def embedded_text(dish: Dish) -> str:
    """Return what the vector of a dish is made of: what it is, not its figures."""
    return "，".join(part for part in (dish.name, dish.name_en, dish.category, dish.description)
                    if part)  # fmt: skip
