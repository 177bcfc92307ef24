"""Pages: what the ingress says when it must answer itself: JSON for programs, HTML for browsers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seaway.messages import Words


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: what programs call it, and the code of its words."""

    name: str
    code: str


PAGES: Mapping[int, Page] = {
    400: Page("bad_request", "SW470"),
    403: Page("forbidden", "SW471"),
    404: Page("not_found", "SW472"),
    408: Page("request_timeout", "SW473"),
    411: Page("length_required", "SW474"),
    413: Page("too_large", "SW475"),
    414: Page("uri_too_long", "SW476"),
    421: Page("unknown_host", "SW477"),
    429: Page("rate_limited", "SW478"),
    500: Page("internal_error", "SW479"),
    502: Page("bad_gateway", "SW480"),
    503: Page("unavailable", "SW481"),
    504: Page("timed_out", "SW482"),
}

STATUSES = (400, 403, 404, 408, 413, 421, 429, 500, 502, 503, 504)
"""Used by the proxy's own rules and faults."""

_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:34em;margin:18vh auto;padding:0 1.5em;"
    "color:#1f2933;background:#fff}h1{font-size:3em;margin:0;color:#52606d}"
    "code{color:#7b8794;font-size:.85em}@media(prefers-color-scheme:dark)"
    "{body{background:#17191c;color:#e4e7eb}h1{color:#9aa5b1}}"
)


def page_lines() -> Iterator[str]:
    """`FORM-STATUS start` and `FORM-end end`: a page is a start, the request's id, and an end."""
    from seaway.messages import words_of  # noqa: PLC0415 -- all words are slow to load

    for status, page in PAGES.items():
        words = words_of(page.code)
        yield f"html-{status} {_html(status, words)}"
        yield f"json-en-{status} {_json(page.name, words.en)}"
        yield f"json-zh-{status} {_json(page.name, words.zh)}"
    yield "html-end </code></p></body></html>"
    yield 'json-en-end "}}'
    yield 'json-zh-end "}}'


def _json(name: str, message: str) -> str:
    text = json.dumps(message, ensure_ascii=False)
    return f'{{"error":{{"code":"{name}","message":{text},"requestId":"'


def _html(status: int, words: "Words") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{status}</title><style>{_STYLE}</style></head><body><h1>{status}</h1>"
        f'<p>{words.en}</p><p lang="zh">{words.zh}</p><p><code>'
    )
