"""The settings that are known at a place of a model, for the nearest valid name."""

import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Annotated, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel


def names_at(model: type[BaseModel], steps: Sequence[str | int]) -> frozenset[str]:
    """Names of all settings that may stand there; members of unions in the way are passed."""
    places: list[object] = [model]
    for step in steps:
        inner = [found for each in places for found in _inside(each, step)]
        places = inner or places
    models = [each for place in places for each in _members(place) if _is_model(each)]
    return frozenset(name for each in models for name in names_of(each))


@cache
def names_of(model: type[BaseModel]) -> frozenset[str]:
    """The settings of a model, by the names that people write."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def models_in(model: type[BaseModel]) -> frozenset[type[BaseModel]]:
    """The model and all that it is made of."""
    found: set[type[BaseModel]] = set()
    waiting: list[object] = [model]
    while waiting:
        place = waiting.pop()
        for each in _members(place):
            if _is_model(each) and each not in found:
                found.add(each)
                waiting += [field.annotation for field in each.model_fields.values()]
            else:
                waiting += get_args(each)
    return frozenset(found)


def _inside(place: object, step: str | int) -> Iterator[object]:
    for member in _members(place):
        if _is_model(member):
            fields = {field.alias or name: field for name, field in member.model_fields.items()}
            if field := fields.get(str(step)):
                yield field.annotation
            elif others := member.__annotations__.get("__pydantic_extra__"):
                yield get_args(others)[1]
        elif _origin(member) is dict or _is_subclass(_origin(member), Mapping):
            yield get_args(member)[1]
        elif isinstance(step, int) and _is_subclass(_origin(member), (Sequence, AbstractSet)):
            yield get_args(member)[0]


def _members(place: object) -> Iterator[object]:
    """The members of a union, without what only annotates them."""
    if get_origin(place) is Annotated:
        yield from _members(get_args(place)[0])
    elif get_origin(place) in {Union, types.UnionType}:
        for each in get_args(place):
            yield from _members(each)
    else:
        yield place


def _origin(place: object) -> object:
    return get_origin(place) if get_args(place) else None


def _is_subclass(place: object, of: type | tuple[type, ...]) -> bool:
    return isinstance(place, type) and issubclass(place, of)


def _is_model(place: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(place, type) and issubclass(place, BaseModel)
