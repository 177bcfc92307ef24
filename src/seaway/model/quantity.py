"""Quantities: numbers with units, as people write them (`512Mi`, `30s`, `10/s`, `70%`)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from seaway.model.route import Rate

_SIZES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_TIMES = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PERIODS = {"s": 1, "sec": 1, "min": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400}

_NUMBER = r"[0-9]{1,19}(?:\.[0-9]{1,9})?"
_SIZE = re.compile(rf"({_NUMBER}) ?(Ki|Mi|Gi|Ti|[kKMGT])?(B)?")
_PIECE = re.compile(rf"({_NUMBER}) ?(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_NUMBER} ?(?:ms|s|m|h|d))+")
_RATE = re.compile(rf"({_NUMBER}) ?/ ?(sec|min|hour|day|s|m|h|d)(?: per (ip))?")
_RATE_OF_ALL = re.compile(rf"({_NUMBER}) ?/ ?(sec|min|hour|day|s|m|h|d)")
_PERCENT = re.compile(rf"({_NUMBER}) ?%")
_MONEY = re.compile(rf"({_NUMBER}) ?([A-Z]{{3}})(?: ?/ ?(hour|day|week|month|year))?")
_BARE = re.compile(_NUMBER)

LARGEST = 2**60
"""Bytes: beyond this a size is a slip of the finger."""
LONGEST = timedelta(days=3650)


def size(given: object) -> int:
    """Bytes of `512Mi` or `10MB`: k, M, G and T count in thousands, Ki to Ti in 1024.

    Raises:
        PydanticCustomError: SW140 for what is no size, SW146 for a number without a unit.
    """
    text = _with_unit(given, "B, Ki, Mi, Gi", "512Mi")
    found = _SIZE.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise PydanticCustomError("SW140", "size", {"found": text})
    unit = "k" if found[2] == "K" else found[2] or ""
    exact = Decimal(found[1]) * _SIZES[unit]
    if exact != int(exact) or exact > LARGEST:
        raise PydanticCustomError("SW140", "size", {"found": text})
    return int(exact)


def duration(given: object) -> timedelta:
    """The time span of `500ms`, `30s`, `5m`, `1h30m` or `7d`.

    Raises:
        PydanticCustomError: SW141 for what is no duration, SW146 for a number without a unit.
    """
    text = _with_unit(given, "ms, s, m, h, d", "30s")
    if not _DURATION.fullmatch(text):
        raise PydanticCustomError("SW141", "duration", {"found": text})
    exact = sum(Decimal(number) * _TIMES[unit] for number, unit in _PIECE.findall(text))
    microseconds = exact * 1000
    longest = LONGEST // timedelta(microseconds=1)
    if microseconds > longest or microseconds != int(microseconds):
        raise PydanticCustomError("SW141", "duration", {"found": text})
    return timedelta(microseconds=int(microseconds))


def rate(given: object) -> Rate:
    """So many in a period: `10/s`, `1000/min`, `10/s per ip`.

    Raises:
        PydanticCustomError: SW142 for what is no rate, SW146 for a number without a unit.
    """
    text = _with_unit(given, "/s, /min, /hour, /day", "10/s")
    found = _RATE.fullmatch(text)
    if not found or not float(found[1]):
        raise PydanticCustomError("SW142", "rate", {"found": text})
    return Rate(count=float(found[1]), per=timedelta(seconds=_PERIODS[found[2]]))


def rate_of_all(given: object) -> Rate:
    """So many in a period, whoever they come from: `10/s`, `1000/min`.

    Raises:
        PydanticCustomError: SW368 for `10/s per ip`, and what `rate` raises.
    """
    found = rate(given)
    if isinstance(given, str) and given.rstrip().endswith("per ip"):
        raise PydanticCustomError("SW368", "rate", {"found": given.strip()})
    return found


def percent(given: object) -> float:
    """The number before the sign: 99.9 for `99.9%`.

    Raises:
        PydanticCustomError: SW143 for what is no percentage, SW146 for a number without a sign.
    """
    text = _with_unit(given, "%", "70%")
    found = _PERCENT.fullmatch(text)
    if not found or float(found[1]) > 100:  # noqa: PLR2004 -- the meaning of per cent
        raise PydanticCustomError("SW143", "percent", {"found": text})
    return float(found[1])


def cpu(given: object) -> float:
    """Processors: `0.5`, or `500m` in thousandths. The one quantity that may be a bare number.

    Raises:
        PydanticCustomError: SW145 for anything else.
    """
    text = str(given) if isinstance(given, int | float) else given
    found = re.fullmatch(rf"({_NUMBER})(m)?", text) if isinstance(text, str) else None
    if isinstance(given, bool) or not found:
        raise PydanticCustomError("SW145", "cpu", {"found": str(given)})
    amount = float(found[1]) / (1000 if found[2] else 1)
    if not 0 < amount <= 4096:  # noqa: PLR2004 -- no machine has more
        raise PydanticCustomError("SW145", "cpu", {"found": str(given)})
    return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in a currency (ISO 4217), of a period where it recurs."""

    amount: Decimal
    currency: str
    per: Literal["", "hour", "day", "week", "month", "year"] = ""

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}" + (f"/{self.per}" if self.per else "")


def money(given: object) -> Money:
    """An amount with its currency: `20 CNY/day`.

    Raises:
        PydanticCustomError: SW144 for what is no amount, SW146 for a number without a currency.
    """
    text = _with_unit(given, "CNY, USD, EUR", "20 CNY/day")
    found = _MONEY.fullmatch(text)
    if not found:
        raise PydanticCustomError("SW144", "money", {"found": text})
    return Money(amount=Decimal(found[1]), currency=found[2], per=found[3] or "")  # type: ignore[arg-type]  # one of the alternatives of the pattern


def shown_size(count: int) -> str:
    """The shortest exact way to write so many bytes; `size` reads it back."""
    for unit in ("Ti", "T", "Gi", "G", "Mi", "M", "Ki", "k"):
        if count and count % _SIZES[unit] == 0:
            return f"{count // _SIZES[unit]}{unit}"
    return f"{count}B"


def shown_duration(span: timedelta) -> str:
    """The shortest exact way to write a time span; `duration` reads it back."""
    rest, pieces = span // timedelta(microseconds=1), ""
    for unit in ("d", "h", "m", "s"):
        amount, rest = divmod(rest, _TIMES[unit] * 1000)
        pieces += f"{amount}{unit}" if amount else ""
    if rest:
        pieces += f"{Decimal(rest) / 1000:f}ms"
    return pieces or "0s"


def shown_rate(limit: Rate) -> str:
    """A rate as it may be written; `rate` reads it back but for the burst."""
    period = {1: "s", 60: "min", 3600: "hour", 86400: "day"}[int(limit.per.total_seconds())]
    return f"{Decimal(repr(limit.count)).normalize():f}/{period}"


def _with_unit(given: object, units: str, example: str) -> str:
    bare = isinstance(given, int | float) and not isinstance(given, bool)
    if bare or (isinstance(given, str) and _BARE.fullmatch(given.strip())):
        raise PydanticCustomError(
            "SW146", "unit", {"found": str(given), "units": units, "example": example}
        )
    if not isinstance(given, str):
        raise PydanticCustomError("SW147", "quantity", {"units": units, "example": example})
    return given.strip()


def _schema(pattern: re.Pattern[str], *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": f"^{pattern.pattern}$", "examples": list(examples)},
        mode="validation",
    )


Size = Annotated[int, BeforeValidator(size), _schema(_SIZE, "512Mi", "10MB")]
Duration = Annotated[timedelta, BeforeValidator(duration), _schema(_DURATION, "30s", "1h30m")]
RateQ = Annotated[Rate, BeforeValidator(rate), _schema(_RATE, "10/s", "1000/min", "10/s per ip")]
RateOfAll = Annotated[Rate, BeforeValidator(rate_of_all), _schema(_RATE_OF_ALL, "10/s", "1000/min")]
Percent = Annotated[float, BeforeValidator(percent), _schema(_PERCENT, "70%")]
MoneyQ = Annotated[Money, BeforeValidator(money), _schema(_MONEY, "20 CNY/day")]
Cpu = Annotated[
    float,
    BeforeValidator(cpu),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}],
            "examples": [0.5],
        },
        mode="validation",
    ),
]
