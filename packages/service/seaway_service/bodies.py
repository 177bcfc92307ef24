"""Reads JSON bodies into checked values, and states what JSON answers are made of."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel

from seaway_service.problems import Problem, malformed

JSON_LIMIT = 64 * 1024


class Body(BaseModel):
    """A JSON object without fields nobody asked for."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_by_name=True,
        alias_generator=to_camel,
    )  # fmt: skip


BodyType = TypeVar("BodyType", bound=Body)


class Answer(BaseModel):
    """A JSON object with names in the way of JavaScript."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)


Moment = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def sent(kind: type[BodyType], limit: int = JSON_LIMIT) -> Callable[[Request], Awaitable[BodyType]]:
    """Return a dependency that reads the body, of at most so many bytes.

    FastAPI's own way reads it before it asks who sends it, takes any length, and answers what is
    too long in a shape of its own.
    """

    async def read(request: Request) -> BodyType:
        return await parsed(request, kind, limit)

    return read


def takes(kind: type[Body]) -> dict[str, Any]:
    """Return what the OpenAPI document says about a body that `sent` reads."""
    return takes_any("application/json", kind.model_json_schema())


def takes_any(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return what the OpenAPI document says about a body."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


async def parsed(request: Request, kind: type[BodyType], limit: int = JSON_LIMIT) -> BodyType:
    """Return the body of the request.

    Raises:
        Problem: it is not JSON, or not what is expected; the first fault is named.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        # a form of another site could not send this type without being asked first (CORS)
        raise Problem(415, "not_json", "send application/json")
    try:
        return kind.model_validate_json(await bounded_to(request, limit))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise malformed(first["loc"], first["msg"]) from None


async def bounded(request: Request) -> bytes:
    """Read the whole body, but never more than a JSON document may have."""
    return await bounded_to(request, JSON_LIMIT)


async def bounded_to(request: Request, limit: int) -> bytes:
    """Read the whole body, but never more than `limit` bytes.

    Raises:
        Problem: there are more.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise Problem(413, "too_large", f"send at most {limit} bytes")
    return bytes(content)
