"""Shows the dishes and those that are alike; lets admins add, change and remove them."""

import hashlib
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field
from seaway_service.bodies import Answer, Body, Moment, bounded_to, sent, takes
from seaway_service.problems import Problem, conflict, not_found
from seaway_service.routes import router_of

from nutrition.http.identity import Admin, Caller
from nutrition.metrics import SIMILAR
from nutrition.parts import Known, Parts
from nutrition.stores.dishes import Alike
from nutrition.stores.models import Dish

PICTURE_LIMIT = 2 * 1024 * 1024
SIGNATURES = {b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"\x89PNG\r\n\x1a\n": ("png", "image/png")}
Figure = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100)]

router = router_of("dishes")


class Facts(Body):
    """A dish and what one portion holds; units: fen, kcal, g, mg."""

    name: Name
    name_en: Annotated[str, Field(max_length=100)] = ""
    description: Annotated[str, Field(max_length=2000)] = ""
    category: Annotated[str, Field(max_length=50)] = ""
    price_fen: Annotated[int, Field(ge=1, le=10_000_000)]
    kcal: Figure
    protein_g: Figure
    fat_g: Figure
    carbs_g: Figure
    sodium_mg: Figure = 0
    allergens: Annotated[list[Name], Field(max_length=20)] = []  # noqa: RUF012 -- pydantic copies it
    available: bool = True


class ShownDish(Answer):
    """A dish as guests and admins see it; `embedded` tells whether likeness is up to date."""

    id: UUID
    name: str
    name_en: str
    description: str
    category: str
    price_fen: int
    kcal: float
    protein_g: float
    fat_g: float
    carbs_g: float
    sodium_mg: float
    allergens: Sequence[str]
    available: bool
    picture: str
    embedded: bool
    updated_at: Moment


class OneDish(Answer):
    """A dish."""

    dish: ShownDish


class AllDishes(Answer):
    """Dishes by category and name."""

    dishes: Sequence[ShownDish]


class ShownAlike(Answer):
    """A dish and how like it is, up to 1."""

    dish: ShownDish
    similarity: float


class AllAlike(Answer):
    """Dishes, the most like first; all are above the threshold."""

    threshold: float
    dishes: Sequence[ShownAlike]


@router.get("/dishes")
async def dishes(known: Known, q: Annotated[str, Query(max_length=100)] = "") -> AllDishes:
    """List what can be ordered, all or what has these words in its name."""
    return AllDishes(dishes=[shown(each) for each in await known.dishes.every(words=q)])


@router.get("/dishes/suggested")
async def suggested(known: Known, identity: Caller) -> AllAlike:
    """List what suits the caller's preferences; nothing while those are not known."""
    threshold = SUGGESTED_FROM
    found = await known.dishes.for_user(identity.user_id, threshold, LISTED)
    return alike(found or (), threshold)


@router.get("/dishes/{dish}")
async def one_dish(known: Known, dish: UUID) -> OneDish:
    """Show a dish."""
    return OneDish(dish=shown(there(await known.dishes.one(dish))))


@router.get("/dishes/{dish}/similar")
async def similar(
    known: Known,
    dish: UUID,
    threshold: Annotated[float | None, Query(ge=0, le=1)] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> AllAlike:
    """List the dishes most like this one."""
    there(await known.dishes.one(dish))
    least = known.settings.SIMILARITY_THRESHOLD if threshold is None else threshold
    found = await known.dishes.similar(dish, least, limit)
    if found is None:
        raise conflict("not_embedded", "this dish is new; try again in a moment")
    SIMILAR.inc()
    return alike(found, least)


@router.get("/admin/dishes")
async def every_dish(known: Known, _identity: Admin) -> AllDishes:
    """List all dishes, those too that cannot be ordered."""
    return AllDishes(dishes=[shown(each) for each in await known.dishes.every(hidden=True)])


@router.post("/admin/dishes", status_code=201, openapi_extra=takes(Facts))
async def add_dish(
    known: Known, _identity: Admin, facts: Annotated[Facts, Depends(sent(Facts))]
) -> OneDish:
    """Add a dish; how it is like others is known a moment later."""
    return OneDish(dish=shown(await known.dishes.add(facts.model_dump())))


@router.put("/admin/dishes/{dish}", openapi_extra=takes(Facts))
async def change_dish(
    known: Known, _identity: Admin, dish: UUID, facts: Annotated[Facts, Depends(sent(Facts))]
) -> OneDish:
    """Change a dish."""
    return OneDish(dish=shown(there(await known.dishes.change(dish, facts.model_dump()))))


@router.delete("/admin/dishes/{dish}", status_code=204)
async def remove_dish(known: Known, _identity: Admin, dish: UUID) -> Response:
    """Remove a dish."""
    if not await known.dishes.remove(dish):
        raise not_found("dish")
    return Response(status_code=204)


@router.put("/admin/dishes/{dish}/picture")
async def picture(known: Known, _identity: Admin, dish: UUID, request: Request) -> OneDish:
    """Give a dish its picture: a JPEG or a PNG of at most 2 MiB, told by its first bytes."""
    there(await known.dishes.one(dish))
    content = await bounded_to(request, PICTURE_LIMIT)
    found = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), None)
    if found is None:
        raise Problem(415, "not_a_picture", "send a JPEG or a PNG")
    suffix, media_type = found
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.{suffix}"
    await known.objects.put(f"dishes/{name}", content, media_type)
    return OneDish(dish=shown(there(await known.dishes.show(dish, f"/static/dishes/{name}"))))


SUGGESTED_FROM = 0.2
"""What somebody likes is a few words; no dish is as like them as dishes are alike."""
LISTED = 6


def there(dish: Dish | None) -> Dish:
    """Return the dish; raises Problem if there is none."""
    if dish is None:
        raise not_found("dish")
    return dish


def alike(found: Sequence[Alike], threshold: float) -> AllAlike:
    """Return what is shown of dishes that are alike."""
    listed = [ShownAlike(dish=shown(each.dish), similarity=round(each.similarity, 4))
              for each in found]  # fmt: skip
    return AllAlike(threshold=threshold, dishes=listed)


def shown(dish: Dish) -> ShownDish:
    """Return what is shown of a dish."""
    fields = {name: getattr(dish, name) for name in ShownDish.model_fields if name != "embedded"}
    return ShownDish(**fields, embedded=dish.embedded_revision == dish.revision)


async def near(known: Parts, text: str, threshold: float, limit: int) -> AllAlike:
    """Return the dishes most like a text."""
    found = await known.search.near(text, threshold, limit)
    near = {UUID(str(each["id"])): float(each["similarity"]) for each in found}
    dishes = await known.dishes.some(list(near))
    listed = [Alike(dishes[each], likeness) for each, likeness in near.items()
              if each in dishes and dishes[each].available]  # fmt: skip
    return alike(listed, threshold)
