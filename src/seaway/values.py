"""Values: frozen dataclasses as JSON and back, for what Seaway itself wrote down.

They may be made of the types that the model is made of, and of no others. What comes from people
is read by pydantic, which tells them what is wrong, and takes a tenth of a second to load.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import datetime, timedelta
from types import UnionType
from typing import Literal, NewType, TypeVar, Union, cast, get_args, get_origin

T = TypeVar("T")
_Reader = Callable[[object], object]

_DURATION = re.compile(
    r"(?P<minus>-?)P(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.(?P<rest>\d{1,6}))?S)?)?"
)
"""ISO 8601, up to days: longer units have no one length."""


def dumped(value: object) -> str:
    """The JSON of a value."""
    return _ENCODER.encode(value)


def loaded(kind: type[T], text: str | bytes) -> T:
    """The value of that kind that was dumped; fields that it does not have are passed over.

    Raises:
        ValueError: it is no such value.
    """
    return understood(kind, json.loads(text))


def understood(kind: type[T], told: object) -> T:
    """The same from plain values.

    Raises:
        ValueError: it is no such value.
    """
    return cast("T", _reader(kind)(told))


# ------------------------------------------------------------------------------------------ dump


def _plain(value: object) -> object:
    """A value in terms that JSON knows, one level deep."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds, rest = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
        decimals = f".{rest:06}".rstrip("0").rstrip(".")
        return f"{'-' * (value < timedelta(0))}PT{seconds}{decimals}S"
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    return {name: getattr(value, name) for name in _names(type(value))}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _names(kind: type) -> tuple[str, ...]:
    """Raises TypeError: it is no dataclass."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(each.name for each in _given(kind))
    return _NAMES[kind]


_NAMES: dict[type, tuple[str, ...]] = {}


def _given(kind: type) -> tuple["Field[object]", ...]:
    """The fields that count when two values are compared: the others are worked out anew."""
    made_of: tuple[Field[object], ...] = fields(kind)
    return tuple(each for each in made_of if each.init and each.compare)


# ------------------------------------------------------------------------------------------ load


def _reader(kind: object) -> _Reader:
    """What makes a value of that kind from plain ones."""
    if kind not in _READERS:
        _READERS[kind] = _new_reader(kind)
    return _READERS[kind]


_READERS: dict[object, _Reader] = {}


def _new_reader(kind: object) -> _Reader:
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    if kind is object:
        return _same
    inner = get_args(kind)
    if isinstance(kind, type) and not inner:
        return _reader_of_class(kind)
    return _MAKERS[get_origin(kind)](inner)  # what is not among them cannot be written down


def _reader_of_class(kind: type) -> _Reader:
    if is_dataclass(kind):
        return _dataclass(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    return cast("_Reader", kind)  # an enumeration


def _same(told: object) -> object:
    return told


def _a(kind: type[T], told: object) -> T:
    """JSON's `true` is no number, and nothing else is taken for what it is not."""
    if type(told) is not kind:
        raise ValueError(f"{told!r} where a {kind.__name__} belongs")
    return told


def _row(told: object) -> list[object]:
    if type(told) is not list:
        raise ValueError(f"{told!r} where a list belongs")
    return cast("list[object]", told)


def _table(told: object) -> dict[str, object]:
    if type(told) is not dict:
        raise ValueError(f"{told!r} where an object belongs")
    return cast("dict[str, object]", told)


def _moment(told: object) -> datetime:
    return datetime.fromisoformat(_a(str, told))


def _number(told: object) -> float:
    return float(_a(int, told)) if type(told) is int else _a(float, told)


def _duration(told: object) -> timedelta:
    found = _DURATION.fullmatch(_a(str, told))
    if not found:
        raise ValueError(f"{told!r} is no duration")
    given = found.groupdict("0")
    rest = int(given["rest"].ljust(6, "0"))
    whole = timedelta(
        days=int(given["days"]), hours=int(given["hours"]), minutes=int(given["minutes"]),
        seconds=int(given["seconds"]), microseconds=rest,
    )  # fmt: skip
    return -whole if found["minus"] else whole


def _choice(known: tuple[object, ...]) -> _Reader:
    def made(told: object) -> object:
        if told not in known:
            raise ValueError(f"{told!r} is none of {known}")
        return told

    return made


def _tuple(inner: tuple[object, ...]) -> _Reader:
    if inner[1:] == (...,):
        read = _reader(inner[0])
        return lambda told: tuple(map(read, _row(told)))
    readers = tuple(map(_reader, inner))
    return lambda told: tuple(read(each) for read, each in zip(readers, _row(told), strict=True))


def _mapping(inner: tuple[object, ...]) -> _Reader:
    read = _reader(inner[1])
    return lambda told: {name: read(each) for name, each in _table(told).items()}


def _dataclass(kind: type) -> _Reader:
    readers = tuple((each.name, _reader(each.type)) for each in _given(kind))

    def made(told: object) -> object:
        given = _table(told)
        found = {name: read(given[name]) for name, read in readers if name in given}
        try:
            return kind(**found)
        except TypeError as error:  # something is missing
            raise ValueError(str(error)) from error

    return made


def _union(kinds: tuple[object, ...]) -> _Reader:
    """The one kind that fits: dataclasses are told apart by the one value of a field of theirs."""
    plain = {kind: _reader(kind) for kind in kinds if not is_dataclass(kind)}
    marked = {_mark(kind): _reader(kind) for kind in kinds if is_dataclass(kind)}

    def made(told: object) -> object:
        for mark, read in marked.items():
            if _bears(mark, told):
                return read(told)
        for read in plain.values():
            try:
                return read(told)
            except ValueError:
                continue
        raise ValueError(f"{told!r} fits nothing that may be here")

    return made


def _bears(mark: tuple[str, object] | None, told: object) -> bool:
    if type(told) is not dict:
        return False
    given = cast("dict[str, object]", told)
    return mark is None or given.get(mark[0]) == mark[1]


def _mark(kind: object) -> tuple[str, object] | None:
    """Name and value of the field that can have but one."""
    for each in fields(kind) if isinstance(kind, type) and is_dataclass(kind) else ():
        if get_origin(each.type) is Literal and len(known := get_args(each.type)) == 1:
            return each.name, known[0]
    return None


_MAKERS: Mapping[object, Callable[[tuple[object, ...]], _Reader]] = {
    Union: _union, UnionType: _union, Literal: _choice, tuple: _tuple, Mapping: _mapping,
}  # fmt: skip
_PLAIN: Mapping[type, _Reader] = {
    str: lambda told: _a(str, told), int: lambda told: _a(int, told), float: _number,
    bool: lambda told: _a(bool, told), type(None): lambda told: _a(type(None), told),
    datetime: _moment, timedelta: _duration,
}  # fmt: skip
