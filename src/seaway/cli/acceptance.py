"""Results of a journey: line by line on a terminal, and as JSON."""

from contextlib import AbstractContextManager, nullcontext

from seaway.cli.fault import masked
from seaway.cli.progress import FRAMES
from seaway.cli.settings import Format
from seaway.cli.show import Cell, Show, Tone
from seaway.engine.verify import Cause, Outcome, Report, Result
from seaway.journey import Journey
from seaway.messages import Language, say
from seaway.stores.clock import SystemClock

SIGNS = {
    Outcome.PASSED: ("✔", Tone.GOOD),
    Outcome.FAILED: ("✘", Tone.BAD),
    Outcome.NOT_TRIED: ("!", Tone.BAD),
    Outcome.NOT_YET: ("○", Tone.BESIDE),
}


class Lines:
    """Each line as it ends, and on a terminal the one that is being tried."""

    def __init__(self, show: Show, journey: Journey[object]) -> None:
        self._show, self._journey = show, journey
        self._told = 0

    def shown(self) -> AbstractContextManager[None]:
        """Show what is being tried, where both streams are the same screen."""
        screen = self._show.stderr.is_terminal and self._show.stdout.is_terminal
        plain = self._show.settings.format is Format.TABLE and not self._show.settings.quiet
        return self._show.live(self._trying) if screen and plain else nullcontext()

    def tell(self, result: Result) -> None:
        """Show the outcome of a line."""
        self._told += 1
        match self._show.settings.format:
            case Format.TABLE:
                _show_result(self._show, result)
            case Format.NDJSON:
                self._show.json(line_json(result), indent=None)
            case Format.JSON:
                pass

    def _trying(self) -> list[tuple[Cell, ...]]:
        if self._told >= len(self._journey.lines):
            return [(Cell(""),)]
        says = in_language(self._show.settings.language, self._journey.lines[self._told].says)
        frame = FRAMES[int(SystemClock().now().timestamp() * 8) % len(FRAMES)]
        return [(Cell(f"{frame} {self._show.told('note trying', line=says)}", Tone.BESIDE),)]


def _show_result(show: Show, result: Result) -> None:
    language = show.settings.language
    sign, tone = SIGNS[result.outcome]
    spent = f"  {result.took.total_seconds():.1f} s" if result.outcome in TRIED else ""
    label = (
        "" if result.outcome is Outcome.PASSED else show.told(f"outcome {result.outcome}") + ": "
    )
    show.line(
        Cell(f"{sign} ", tone), Cell(label, tone),
        Cell(in_language(language, result.says)), Cell(spent, Tone.BESIDE),
    )  # fmt: skip
    for text in _reasons(result, language):
        show.line(Cell(f"  {text}", Tone.BESIDE if result.outcome is not Outcome.FAILED else tone))


def _reasons(result: Result, language: Language) -> list[str]:
    """What was seen, the figures behind it, and why it did not pass."""
    texts = [cause_text(result.cause, language)] if result.cause else []
    if result.evidence:
        figures = [f"{name} {value}" for name, value in result.evidence.figures.items()]
        texts.append(" · ".join([in_language(language, result.evidence.says), *figures]))
    return [" ".join(each.split()) for each in texts]  # a line of evidence is a line here


def cause_text(cause: Cause, language: Language) -> str:
    """Why a line did not pass; what looks like a secret in it is masked."""
    return masked(say(cause.code, cause.facts, language).text)


TRIED = frozenset({Outcome.PASSED, Outcome.FAILED})
"""Only of these it is worth telling how long they took."""


def in_language(language: Language, both: tuple[str, str]) -> str:
    """The text in that language."""
    return both[1] if language is Language.ZH else both[0]


# --------------------------------------------------------------------------------- for programs


def as_json(report: Report) -> dict[str, object]:
    """A report for programs; times in seconds."""
    return {
        "stack": report.stack, "environment": report.environment, "release": report.release,
        "addresses": list(report.addresses), "begun": report.begun.isoformat(),
        "took": round(report.took.total_seconds(), 3), "passed": report.passed,
        "counts": {each.value: report.count(each) for each in Outcome},
        "lines": [line_json(each) for each in report.results],
    }  # fmt: skip


def line_json(result: Result) -> dict[str, object]:
    """A line and what became of it, in both languages."""
    evidence, cause = result.evidence, result.cause
    return {
        "id": result.id, "outcome": result.outcome.value, "says": result.says._asdict(),
        "took": round(result.took.total_seconds(), 3),
        "evidence": evidence and {**evidence.says._asdict(), "figures": dict(evidence.figures)},
        "cause": cause and {
            "code": cause.code, "en": cause_text(cause, Language.EN),
            "zh": cause_text(cause, Language.ZH),
        },
    }  # fmt: skip
