"""Lets users say what they like to eat, and what they must not."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from seaway_service.bodies import Answer, Body, sent, takes
from seaway_service.routes import router_of

from nutrition.http.identity import Caller
from nutrition.parts import Known
from nutrition.stores.models import Preference
from nutrition.stores.preferences import Wish

router = router_of("preferences")


class Wanted(Body):
    """What a user says; `kcalGoal` is for one meal."""

    likes: Annotated[str, Field(max_length=500)] = ""
    avoids: Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]],
                      Field(max_length=20)] = []  # noqa: RUF012  # fmt: skip
    kcal_goal: Annotated[int | None, Field(ge=1, le=10_000)] = None


class Kept(Answer):
    """What is kept; `embedded` tells whether suggestions already heed it."""

    likes: str
    avoids: Sequence[str]
    kcal_goal: int | None
    embedded: bool


@router.get("/preferences")
async def preferences(known: Known, identity: Caller) -> Kept:
    """Show what the caller has said."""
    found = await known.preferences.of(identity.user_id)
    return (
        Kept(likes="", avoids=(), kcal_goal=None, embedded=False) if found is None else kept(found)
    )


@router.put("/preferences", openapi_extra=takes(Wanted))
async def keep_preferences(
    known: Known, identity: Caller, wanted: Annotated[Wanted, Depends(sent(Wanted))]
) -> Kept:
    """Keep what the caller says, in place of what was said before."""
    wish = Wish(likes=wanted.likes.strip(), avoids=wanted.avoids, kcal_goal=wanted.kcal_goal)
    return kept(await known.preferences.keep(identity.user_id, wish))


def kept(found: Preference) -> Kept:
    """Return what is shown of it."""
    return Kept(
        likes=found.likes, avoids=found.avoids, kcal_goal=found.kcal_goal,
        embedded=found.embedded_revision == found.revision,
    )  # fmt: skip
