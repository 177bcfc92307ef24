"""Page: how the proxy is told what to say when it answers itself."""

from seaway.proxies.haproxy.syntax import quoted

FILE = "pages.map"
BROKEN = 400
"""Also for a body that was broken off: `txn.code` says what it really is."""
MARK = "x-seaway-page"
"""A header that only answers of the proxy itself carry, and only inside it."""


def page(status: int, folder: str) -> str:
    """The words after `http-error` or `return`; `txn.form` is `html`, `json-en` or `json-zh`."""
    pages = f"map_str({folder}/{FILE})"
    code = f"-{status}" if status != BROKEN else "-,txn.code"
    start = f"%[var(txn.form),concat({code}),{pages}]"
    end = f"%[var(txn.form),concat(-end),{pages}]"
    text = quoted(f"{start}%[var(txn.id)]{end}")
    return f"status {status} content-type application/json lf-string {text} hdr {MARK} {status}"
