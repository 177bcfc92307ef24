"""Faults: what may go wrong on demand, and how it is asked for.

Written `kind` or `kind;name=value;name=value`, several with commas between: in the header
`x-simulate`, after `!` in the name of a model, in a prompt as `[[simulate: …]]`, or as a rule of
the control endpoint.
"""

import random
import re
from dataclasses import dataclass, field, replace

KINDS = {
    "slow": "waits `for` seconds before anything, the head too",
    "first": "sends the head of a stream at once and waits `for` seconds before its first piece",
    "pace": "waits `for` seconds between two pieces",
    "silent": "never answers",
    "stall": "stops after `at` pieces and keeps the connection open",
    "cut": "ends the connection after `at` pieces, or in the middle of a whole answer",
    "break": "the same by RST",
    "malformed": "piece number `at` is not JSON; so is a whole answer",
    "event": "piece number `at` is an error in the stream, after which it ends",
    "no-end": "a stream without finish_reason and without [DONE]",
    "wrong-model": "names another model in the answer",
    "reset": "ends the connection by RST before the head",
    "close": "ends the connection before the head, in order",
    "context": "400: the prompt is too long",
    "filter": "400: refused by the content filter; with `at`, finish_reason after so many pieces",
    "prefix": "400 where the last message is the assistant's",
    "page": "200 with a page of HTML",
}
"""And any status from 400 to 599 as a number: `429;retry-after=2`, `503`."""
_STATUS = re.compile(r"[45][0-9][0-9]")
_MARKER = re.compile(r"\[\[simulate: ?([^\]]*)\]\]")


class NoSuchFault(ValueError):  # noqa: N818 -- said as it is
    """A fault that is not known is an error, for a test with it would prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, or takes its time."""

    kind: str
    at: int = -1
    """Which piece, from 0; -1 where it was not said."""
    wait: float = 0.0
    """Seconds, of `for`."""
    retry_after: str = ""

    @property
    def status(self) -> int:
        """Of the answer; 0 for what is no plain status."""
        return int(self.kind) if _STATUS.fullmatch(self.kind) else 0


def faults(text: str) -> tuple[Fault, ...]:
    """What a text asks for.

    Raises:
        NoSuchFault: with the word that is not known.
    """
    return tuple(_fault(each.strip()) for each in text.split(",") if each.strip())


def marked(text: str) -> str:
    """What a prompt asks for, joined."""
    return ",".join(_MARKER.findall(text))


def unmarked(text: str) -> str:
    """The prompt without its markers."""
    return _MARKER.sub("", text)


def _fault(text: str) -> Fault:
    kind, *rest = (each.strip() for each in text.split(";"))
    if kind not in KINDS and not _STATUS.fullmatch(kind):
        raise NoSuchFault(kind)
    found = Fault(kind=kind)
    for each in rest:
        name, _, value = each.partition("=")
        match name:
            case "at":
                found = replace(found, at=int(value))
            case "for":
                found = replace(found, wait=_seconds(value))
            case "retry-after":
                found = replace(found, retry_after=value)
            case _:
                raise NoSuchFault(each)
    return found


def _seconds(text: str) -> float:
    if text.endswith("ms"):
        return float(text[:-2]) / 1000
    return float(text.removesuffix("s"))


@dataclass(slots=True, kw_only=True)
class Rule:
    """Faults for requests to come."""

    faults: tuple[Fault, ...]
    times: int = -1
    """For so many requests; -1 for all."""
    rate: float = 1.0
    """Part of the requests."""
    model: str = ""
    """Only of this model; empty for any."""
    path: str = ""
    """Only under this path."""


@dataclass(slots=True)
class Rules:
    """All rules in force; the first that fits is taken."""

    seed: int = 0
    rules: list[Rule] = field(default_factory=list[Rule])
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """No rules, and chance from its beginning."""
        self.rules.clear()
        self._chance = random.Random(self.seed)  # noqa: S311 -- to be repeated, not to be secret

    def take(self, path: str, model: str) -> tuple[Fault, ...]:
        """The faults for this request; counts it."""
        for rule in self.rules:
            fits = rule.model in {"", model} and path.startswith(rule.path) and rule.times
            if fits and (rule.rate >= 1 or self._chance.random() < rule.rate):
                rule.times -= rule.times > 0
                return rule.faults
        return ()
