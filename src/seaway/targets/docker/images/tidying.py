"""Tidying: removes images that nobody is going to want any more."""

from collections.abc import Mapping, Sequence
from typing import cast

from seaway.model.json import Json
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.images.recipe import STAGE

KEPT = 12
"""Images of one source that are kept: more than releases are recorded (R120)."""
STAGES_KEPT = 2
"""Of the stages that packages were installed in: the next build begins with the last one."""


async def remove_unused(engine: Engine, label: str, source: str, title: str) -> None:
    """Of the images of one source, all but the youngest, and but those that a container is made of.

    What the engine will not remove now, it is asked to remove another time.
    """
    for each, kept in (
        (f"{label}={source}", KEPT),
        (f"{STAGE}={title}", STAGES_KEPT),
        (f"{STAGE}={title} source", STAGES_KEPT),
    ):
        for image in (await _youngest_first(engine, each))[kept:]:
            try:
                await engine.call("DELETE", f"/images/{image}")
            except Refused:
                continue


async def _youngest_first(engine: Engine, label: str) -> list[str]:
    query: dict[str, Json] = {"filters": {"label": [label]}}
    answer = await engine.call("GET", "/images/json", query=query)
    found = cast("Sequence[Mapping[str, object]]", answer or ())
    found = sorted(found, key=lambda each: cast("int", each["Created"]), reverse=True)
    return [str(each["Id"]) for each in found]
