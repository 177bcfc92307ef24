"""Building: has the engine make an image from a context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, cast

from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.images.context import pieces
from seaway.targets.docker.images.telling import Say, told

KEPT = 20
"""Lines of what it says that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be built."""

    context: IO[bytes]
    tag: str
    labels: Mapping[str, str]
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    fresh: bool = False
    """Whether nothing of what was made before may be used."""


async def built(engine: Engine, order: Order, say: Say) -> str:
    """The id of the new image. No step of it has a network: all it needs is in the context.

    Raises:
        StepFailed: SW269, with the line of the Dockerfile that failed, and what was said.
    """
    query: dict[str, Json] = {
        "t": order.tag, "labels": dict(order.labels), "buildargs": dict(order.arguments),
        "networkmode": "none", "nocache": "1" if order.fresh else "0", "rm": "1", "forcerm": "1",
    }  # fmt: skip
    step, lines, image = "", list[str](), ""
    try:
        stream = engine.stream(
            "POST", "/build", query=query, body=pieces(order.context), kind="application/x-tar"
        )
        async for each in told(stream):
            words = each.get("stream", "").strip()
            if words.startswith("Step "):
                step = words.partition(" : ")[2]
                say(f"{order.tag}: {words[:100]}")
            elif words:
                lines = [*lines[1 - KEPT :], words]
            if problem := each.get("error"):
                raise _failed(step, problem, lines)
            image = _id(each) or image
    except Refused as error:
        raise _failed(step, str(error.facts["problem"]), lines) from error
    if not image:
        raise _failed(step, "it ended before it was done", lines)
    return image


def _id(each: Mapping[str, object]) -> str:
    aux = each.get("aux")
    return str(cast("Mapping[str, str]", aux).get("ID", "")) if isinstance(aux, dict) else ""


def _failed(step: str, problem: str, lines: list[str]) -> StepFailed:
    return StepFailed("SW269", step=step, problem=problem, output="\n".join(lines))
