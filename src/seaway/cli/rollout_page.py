"""The report of a rollout as one HTML page: both languages, plots, no scripts."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from seaway import __version__
from seaway.cli.page_frame import both, framed
from seaway.cli.rollout_shown import SHOWN
from seaway.engine.rollout import Outcome, Part, Report, Second
from seaway.messages import Language, say
from seaway.model.figures import together

WIDTH, HEIGHT, LEFT, BOTTOM = 800, 180, 48, 20
"""Of a plot, in units of its own."""
MARKED = {"SW531": "good", "SW532": "bad", "SW552": "bad", "SW551": "soft"}
"""Events that are lines in the plots."""
LONGEST = 900
"""Seconds that are drawn."""


def page(report: Report, language: Language) -> str:
    """The whole page; it opens in `language`, and a switch shows the other."""
    title = say("rollout title", _names(report), language).text
    main = f"""{_head(report)}
{_table(report.parts)}
{_plots(report)}
<h2>{both("rollout line")}</h2>
<table class="events">{"".join(_events(report))}</table>
<footer>{both("report by", version=__version__)}</footer>"""
    return framed(title, language, main, PLOTS)


def _names(report: Report) -> dict[str, object]:
    return {"release": report.release, "stack": report.stack}


def _head(report: Report) -> str:
    verdict = "good" if report.outcome is Outcome.GOOD else "bad"
    whole = report.whole
    counts = {"requests": whole.requests, "failed": whole.failed, "cut": whole.cut}
    listed = "".join(
        f'<li class="{"failed" if name != "requests" and count else ""}"><b>{count}</b> '
        f"{both(f'rollout {name}')}</li>"
        for name, count in counts.items()
    )
    facts = {
        "report environment": escape(report.environment),
        "report begun": report.begun.isoformat(timespec="seconds"),
        "rollout took": f"{report.took.total_seconds():.1f} s",
    }
    rows = "".join(f"<dt>{both(name)}</dt><dd>{text}</dd>" for name, text in facts.items())
    back = ""
    if report.way_back:
        back = f"<p><code>{escape(report.way_back)}</code></p>"
    return f"""<h1>{both("rollout title", **_names(report))}</h1>
<p class="verdict {verdict}">{both(f"rollout {report.outcome}", good=report.good)}</p>
<ul class="counts">{listed}</ul>
<dl>{rows}</dl>
{back}"""


def _table(parts: Sequence[Part]) -> str:
    heads = ("rollout part", "rollout requests", "rollout failed", "rollout cut")
    head = "".join(f"<th>{both(each)}</th>" for each in heads)
    head += "".join(f"<th>{each} (ms)</th>" for each in ("p50", "p95", "p99"))
    return f'<table class="figures"><tr>{head}</tr>{"".join(map(_row, parts))}</table>'


def _row(part: Part) -> str:
    figures = part.figures
    numbers: list[str] = [str(figures.requests), str(figures.failed), str(figures.cut)]
    numbers += [f"{each:.1f}" if figures.steps else "" for each in part.latencies.values()]
    cells = "".join(f"<td>{each}</td>" for each in numbers)
    return f"<tr><th>{both(f'rollout {part.name}')}</th>{cells}</tr>"


def _events(report: Report) -> Iterator[str]:
    for each in report.events:
        if each.code in SHOWN:
            at = (each.at - report.begun).total_seconds()
            kind, words = MARKED.get(each.code, ""), both(each.code, **each.facts)
            yield f'<tr class="{kind}"><td>{at:.1f} s</td><td>{words}</td></tr>'


# ---------------------------------------------------------------------------------------- plots


def _plots(report: Report) -> str:
    seconds = report.seconds[-LONGEST:]
    if not seconds:
        return f'<p class="seen">{both("rollout quiet")}</p>'
    key = "".join(
        f'<span class="key {side}">{both(f"rollout {side}")}</span>'
        for side in ("old", "new", "failed")
    )
    rates = _plot(report, seconds, {
        "old": lambda each: each.old.requests,
        "new": lambda each: each.new.requests,
        "failed": _failed,
    })  # fmt: skip
    latencies = _plot(report, seconds, {
        "old": lambda each: each.old.quantile(0.95) * 1000,
        "new": lambda each: each.new.quantile(0.95) * 1000,
    })  # fmt: skip
    return f"""<h2>{both("rollout per second")}</h2><p class="keys">{key}</p>{rates}
<h2>{both("rollout latency")}</h2>{latencies}"""


def _failed(second: Second) -> int:
    whole = together((second.old, second.new, second.nobody))
    return whole.failed + whole.cut


def _plot(
    report: Report, seconds: Sequence[Second], lines: dict[str, Callable[[Second], float]]
) -> str:
    """One line for each name; times from left to right."""
    first, last = seconds[0].at, max(seconds[-1].at, seconds[0].at + 1)
    highest = max((of(each) for of in lines.values() for each in seconds), default=0) or 1

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT) * (at - first) / (last - first)

    def y(value: float) -> float:
        return (HEIGHT - BOTTOM) * (1 - value / highest) + 4

    drawn = "".join(_axis(x, y, (first, last), highest))
    for each in report.events:
        at = (each.at - report.begun).total_seconds()
        if each.code in MARKED and first <= at <= last:
            drawn += _upright(x(at), MARKED[each.code])
    drawn += _upright(x(min(max(0, first), last)), "soft")
    for name, of in lines.items():
        points = " ".join(f"{x(each.at):.1f},{y(of(each)):.1f}" for each in seconds)
        drawn += f'<polyline class="{name}" points="{points}"/>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 8}" role="img">{drawn}</svg>'


def _upright(x: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{HEIGHT - BOTTOM + 4}"/>'


def _axis(
    x: Callable[[float], float], y: Callable[[float], float], span: tuple[int, int], highest: float
) -> Iterator[str]:
    for value in (0, highest / 2, highest):
        height = y(value)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{height:.1f}" y2="{height:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    for at, anchor in ((span[0], "start"), (span[1], "end")):
        yield f'<text x="{x(at):.1f}" y="{HEIGHT + 4}" text-anchor="{anchor}">{at} s</text>'


PLOTS = """
svg { width: 100%; height: auto; background: var(--card); border: 1px solid var(--edge);
  border-radius: 8px; margin: .25rem 0 1.25rem; padding: .5rem; }
svg text { fill: var(--soft); font-size: 11px; }
svg line.grid { stroke: var(--edge); }
svg line.soft { stroke: var(--soft); stroke-dasharray: 3 3; }
svg line.good { stroke: var(--passed); }
svg line.bad { stroke: var(--failed); }
polyline { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
polyline.old { stroke: var(--later); }
polyline.new { stroke: var(--passed); }
polyline.failed { stroke: var(--failed); }
.keys { display: flex; gap: 1rem; font-size: .8125rem; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: .875rem; height: 3px; margin: 0 .375rem
  .2rem 0; background: var(--later); }
.key.new::before { background: var(--passed); }
.key.failed::before { background: var(--failed); }
table { width: 100%; border-collapse: collapse; margin: 0 0 1.5rem; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; }
td, th { padding: .25rem .5rem .25rem 0; border-bottom: 1px solid var(--edge); }
.figures td, .figures th + th { text-align: right; }
.events td:first-child { white-space: nowrap; color: var(--soft); text-align: right;
  padding-right: 1rem; }
.events .good { color: var(--passed); }
.events .bad { color: var(--failed); }
"""
