"""Shapes: deterministic values that fit a JSON Schema, for tools and for structured answers."""

import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Schema = dict[str, Any]
_WORDS = ("harbour", "lantern", "river", "market", "paper", "cloud")
_CHINESE = ("港口", "灯笼", "河流", "集市", "纸张", "云朵")
_DEEPEST = 8


def fitting(schema: Schema | None, luck: random.Random, *, chinese: bool, depth: int = 0) -> Json:
    """A value that the schema takes, as far as its plain keywords say; `$ref` is not followed."""
    if not schema or depth > _DEEPEST:
        return {}
    if "const" in schema:
        const: Json = schema["const"]
        return const
    if values := schema.get("enum"):
        value: Json = luck.choice(values)
        return value
    for key in ("anyOf", "oneOf", "allOf"):
        if given := schema.get(key):
            return fitting(given[0], luck, chinese=chinese, depth=depth + 1)
    return _of_type(schema, luck, chinese=chinese, depth=depth)


def _of_type(schema: Schema, luck: random.Random, *, chinese: bool, depth: int) -> Json:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    low = schema.get("minimum", 1)
    high = schema.get("maximum", low + 9)
    within = partial(fitting, luck=luck, chinese=chinese, depth=depth + 1)
    makers: dict[str, Callable[[], Json]] = {
        "object": lambda: {name: within(each) for name, each in _properties(schema)},
        "array": lambda: [within(schema.get("items")) for _ in range(schema.get("minItems") or 2)],
        "integer": lambda: luck.randint(int(low), max(int(low), int(high))),
        "number": lambda: round(luck.uniform(low, high), 3),
        "boolean": lambda: luck.random() < 0.5,  # noqa: PLR2004 -- even odds
        "null": lambda: None,
    }
    first = kind if isinstance(kind, str) else kind[0]
    return makers.get(first, lambda: luck.choice(_CHINESE if chinese else _WORDS))()


def _properties(schema: Schema) -> Iterable[tuple[str, Schema]]:
    properties: dict[str, Schema] = schema.get("properties", {})
    return properties.items()
