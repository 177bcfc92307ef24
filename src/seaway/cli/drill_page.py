"""The report of a drill as one HTML page: both languages, no scripts, nothing from elsewhere."""

from collections.abc import Mapping
from html import escape

from seaway import __version__
from seaway.cli.drill_report import SIGNATURE, Report, listed, problems_of, words_of
from seaway.cli.page import size
from seaway.cli.page_frame import both, framed
from seaway.messages import Language, say


def page(report: Report, language: Language) -> str:
    """The whole page; it opens in `language`, and a switch shows the other."""
    title = say("drill title", {"stack": report["stack"]}, language).text
    main = f"""{_head(report)}
{_problems(report)}
<div class="wide"><table>{_heads()}{"".join(map(_row, listed(report, "stores")))}</table></div>
{_journey(report)}
<footer>{both("drill signed")}<br><code>{escape(str(report[SIGNATURE]))}</code><br>
{both("report by", version=__version__)}</footer>"""
    return framed(title, language, main, TABLE)


def _head(report: Report) -> str:
    verdict = "bad" if problems_of(report) else "good"
    stores = listed(report, "stores")
    lost = max((float(str(each["rpo_seconds"])) for each in stores), default=0.0)
    references = sum(int(str(each["references"])) for each in stores)
    dangling = sum(_length(each["dangling"]) for each in stores)
    counts = {
        "drill rto": f"{report['rto_seconds']:.1f} s", "drill rpo": f"{lost:.1f} s",
        "drill references": str(references), "drill dangling": str(dangling),
    }  # fmt: skip
    shown = "".join(f"<li><b>{text}</b> {both(name)}</li>" for name, text in counts.items())
    facts = {
        "report environment": report["environment"], "report release": report["release"],
        "report begun": str(report["began"])[:19],
    }  # fmt: skip
    rows = "".join(
        f"<dt>{both(name)}</dt><dd>{escape(str(text))}</dd>" for name, text in facts.items()
    )  # fmt: skip
    return f"""<h1>{both("drill title", stack=report["stack"])}</h1>
<p class="verdict {verdict}">{both(f"drill {verdict}")}</p>
<ul class="counts">{shown}</ul>
<dl>{rows}</dl>"""


def _problems(report: Report) -> str:
    found = "".join(f"<li>{escape(each)}</li>" for each in problems_of(report))
    return f'<h2>{both("drill problems")}</h2><ul class="bad">{found}</ul>' if found else ""


def _journey(report: Report) -> str:
    lines = "".join(map(_line, listed(report, "journey")))
    real = words_of(report, "journey_not_tried_for")
    if real:
        return f'<p class="bad">{both("SW863", names=", ".join(real))}</p>'
    return f"<h2>{both('drill journey')}</h2><ul>{lines}</ul>" if lines else ""


def _line(line: Mapping[str, object]) -> str:
    sign = "✔" if line["passed"] else "✘"
    return f"<li>{sign} {_told(line['says'])}<br><i>{_told(line['seen'])}</i></li>"


def _told(texts: object) -> str:
    known = texts if isinstance(texts, dict) else {}  # pyright: ignore[reportUnknownVariableType] -- any JSON
    return "".join(
        f'<span lang="{each}">{escape(str(known.get(each.value, "")))}</span>' for each in Language  # pyright: ignore[reportUnknownArgumentType,reportUnknownMemberType] -- any JSON
    )  # fmt: skip


COLUMNS = (
    "store", "as of", "rpo", "goal", "size", "same", "moved", "differs", "references", "newer",
    "dangling",
)  # fmt: skip


def _heads() -> str:
    cells = (f"<th>{both('drill ' + each)}</th>" for each in COLUMNS)
    return f"<tr>{''.join(cells)}</tr>"


def _row(store: Mapping[str, object]) -> str:
    goal = store["rpo_goal_seconds"]
    cells = (
        str(store["as_of"])[:19], f"{store['rpo_seconds']:.1f} s",
        f"{goal:.0f} s" if goal is not None else "", size(int(str(store["bytes"]))),
        store["same"], store["changed"], _length(store["differs"]), store["references"],
        store["newer"], _length(store["dangling"]),
    )  # fmt: skip
    name = f"{escape(str(store['store']))} <i>{escape(str(store['part']))}</i>"
    return f"<tr><th>{name}</th>{''.join(f'<td>{each}</td>' for each in cells)}</tr>"


def _length(found: object) -> int:
    return len(found) if isinstance(found, list) else 0  # pyright: ignore[reportUnknownArgumentType] -- any JSON


TABLE = """
main { max-width: 72rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; margin: 0 0 1.5rem; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
td, th { padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--edge);
  text-align: left; white-space: nowrap; }
th i, li i { color: var(--soft); font-weight: 400; }
ul.bad { color: var(--failed); }
footer code { overflow-wrap: anywhere; }
"""
