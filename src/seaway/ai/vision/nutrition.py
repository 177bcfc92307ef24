"""Nutrition: what is in 100 g of a food, and in a usual portion, from an open table.

The table is foods.csv; where its figures come from and under which licence stands in foods.md.
"""

import csv
import re
from functools import cache
from importlib.resources import files

import msgspec

SOURCE = "Open-Food-Calories 1.1.1 (MIT)"
_NOT_LETTERS = re.compile(r"[^\w]+")


class Portion(msgspec.Struct, frozen=True):
    """One piece or helping."""

    grams: float
    kcal: float


class Nutrition(msgspec.Struct, frozen=True):
    """In 100 g; grams of each, None where the table does not say."""

    kcal: float
    protein: float | None
    fat: float | None
    carbs: float | None
    entry: str
    """As the table calls it."""
    quality: str
    """How sure the table is of itself: `high` (after CIQUAL or USDA), `medium` or `unknown`."""
    source: str = SOURCE
    per: str = "100 g"
    portion: Portion | None = None


@cache
def _table() -> dict[str, tuple[str, Nutrition | None]]:
    """Chinese name and figures, by every name a food goes by."""
    text = files("seaway.ai.vision").joinpath("foods.csv").read_text("utf-8")
    found: dict[str, tuple[str, Nutrition | None]] = {}
    for row in csv.DictReader(text.splitlines()):
        names = (row["name"], row["name_zh"], *row["also"].split("|"), row["entry"])
        for name in filter(None, map(_plain, names)):
            found.setdefault(name, (row["name_zh"], _figures(row)))
    return found


def _figures(row: dict[str, str]) -> Nutrition | None:
    def number(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    kcal, grams = number("kcal"), number("portion")
    if kcal is None:
        return None
    portion = Portion(grams, round(kcal * grams / 100, 1)) if grams else None
    return Nutrition(
        kcal=kcal, protein=number("protein"), fat=number("fat"), carbs=number("carbs"),
        entry=row["entry"], quality=row["quality"], portion=portion,
    )  # fmt: skip


def nutrition(name: str) -> Nutrition | None:
    """What the table says of a food of this name, in English or Chinese."""
    found = _table().get(_plain(name))
    return found[1] if found else None


def chinese(name: str) -> str:
    """What it is called in Chinese; empty where the table has no word for it."""
    found = _table().get(_plain(name))
    return found[0] if found else ""


def _plain(name: str) -> str:
    return _NOT_LETTERS.sub(" ", name.lower()).strip()
