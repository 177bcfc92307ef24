"""The report of a journey as one HTML page: both languages, no scripts, nothing from elsewhere."""

from collections.abc import Iterator
from html import escape

from seaway import __version__
from seaway.cli.acceptance import SIGNS, TRIED, cause_text
from seaway.cli.page_frame import both, framed, spans
from seaway.engine.verify import Outcome, Report, Result
from seaway.messages import Language, say


def page(report: Report, language: Language) -> str:
    """The whole page; it opens in `language`, and a switch shows the other."""
    title = say("report title", {"stack": report.stack}, language).text
    main = f"""{_head(report)}
<ol>
{"".join(map(_line, report.results))}</ol>
<footer>{both("report by", version=__version__)}</footer>"""
    return framed(title, language, main)


def _head(report: Report) -> str:
    verdict = "good" if report.passed else "bad"
    counts = "".join(
        f'<li class="{_class(each)}"><b>{report.count(each)}</b> {both(f"outcome {each}")}</li>'
        for each in Outcome
    )
    facts = {
        "report environment": report.environment,
        "report release": str(report.release),
        "report address": " ".join(report.addresses),
        "report begun": report.begun.isoformat(timespec="seconds"),
        "report took": f"{report.took.total_seconds():.0f} s",
    }
    rows = "".join(
        f"<dt>{both(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items()
    )  # fmt: skip
    return f"""<h1>{both("report title", stack=report.stack)}</h1>
<p class="verdict {verdict}">{both(f"report {verdict}")}</p>
<ul class="counts">{counts}</ul>
<dl>{rows}</dl>"""


def _line(result: Result) -> str:
    took = f"{result.took.total_seconds():.1f} s" if result.outcome in TRIED else ""
    return f"""<li class="line {_class(result.outcome)}" id="{escape(result.id)}">
<span class="sign" aria-hidden="true">{SIGNS[result.outcome][0]}</span>
<div><h2>{spans(*result.says)}</h2>
<p class="outcome">{both(f"outcome {result.outcome}")}<i>{escape(result.id)}</i><i>{took}</i></p>
{"".join(_reasons(result))}</div>
</li>
"""


def _reasons(result: Result) -> Iterator[str]:
    if cause := result.cause:
        words = (cause_text(cause, Language.EN), cause_text(cause, Language.ZH))
        yield f'<p class="seen">{spans(*words)}</p>\n'
    if result.evidence:
        yield f'<p class="seen">{spans(*result.evidence.says)}</p>\n'
        figures = "".join(
            f"<li>{escape(name)} <b>{escape(str(value))}</b></li>"
            for name, value in result.evidence.figures.items()
        )
        yield f'<ul class="figures">{figures}</ul>\n' if figures else ""


def _class(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "-")
