"""Lines of a log for people: requests in a few words, everything else untouched."""

import json

import pytest

from seaway.cli.logs import readable

REQUEST = {
    "kind": "access", "status": 200, "total": 2, "method": "GET", "host": "localhost",
    "path": "/api/hello", "instance": "api-69ec68", "agent": "curl",
}  # fmt: skip


def test_a_request_is_told_in_a_few_words():
    text = json.dumps(REQUEST, separators=(",", ":"))

    assert readable(text) == "GET localhost/api/hello 200 2 ms api-69ec68"


@pytest.mark.parametrize(
    "text", ["plain", "", '{"kind":"access"', '{"kind":"access"}', '{"kind":"other"}', "[1, 2]"]
)
def test_everything_else_stays_as_it_is(text):
    assert readable(text) == text
