"""The nearest valid name, for those who wrote another."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

MOST_SHOWN = 16
_MOST_COMPARED = 60
_LONGEST = 80


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like it; the first by alphabet where several are; `-` where none is."""
    short = name[:_LONGEST].lower()
    matcher = SequenceMatcher(None, "", short, autojunk=False)

    def likeness(other: str) -> float:
        matcher.set_seq1(other[:_LONGEST])
        return matcher.ratio()

    ranked = sorted(_candidates(short, known), key=lambda each: (-likeness(each), each))
    return ranked[0] if ranked else "-"


def choice(name: str, known: Iterable[str]) -> Mapping[str, object]:
    """The facts of a finding about an unknown name: `name`, `nearest` and `known`."""
    names = sorted(set(known))
    shown = ", ".join(names[:MOST_SHOWN]) + (", …" if len(names) > MOST_SHOWN else "")
    return {"name": name[:_LONGEST], "nearest": nearest(name, names), "known": shown or "-"}


def _candidates(name: str, known: Iterable[str]) -> list[str]:
    """All, or of very many those that begin alike and are about as long: comparing is slow."""
    names = list(known)
    if len(names) <= _MOST_COMPARED:
        return names

    def apart(other: str) -> tuple[bool, int, str]:
        return other[:1] != name[:1], abs(len(other) - len(name)), other

    return sorted(names, key=apart)[:_MOST_COMPARED]
