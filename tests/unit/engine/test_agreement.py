"""What is written in several places must fit together (R105)."""

import pytest

from tests.unit.stackfile.written import HEAD, findings_of

STACK = HEAD + """\
services:
  api:
    run: x
    source: ./api
    port: 8000
    uses: [db]
    env: {CORS_ORIGIN: "https://app.example.com.cn", API_BASE_PATH: /api}
    secrets: [API_KEY_ENCRYPTION_KEY]
  worker:
    run: y
    source: ./worker
    uses: [db]
    secrets: [API_KEY_ENCRYPTION_KEY]
data: {db: postgres}
ingress:
  api.example.com.cn: {tls: local, routes: {/api: api}}
secrets:
  API_KEY_ENCRYPTION_KEY: {generate: 32}
  OTHER: {generate: 32}
"""  # fmt: skip
CODES = frozenset({"SW815", "SW816", "SW817"})


def warned(text: str) -> list[tuple[str, int]]:
    return [(each.code, each.at.line) for each in findings_of(text) if each.code in CODES]


def line_of(text: str, part: str) -> int:
    return next(number for number, each in enumerate(text.splitlines(), 1) if part in each)


def test_what_agrees_is_not_mentioned():
    assert warned(STACK) == []


@pytest.mark.parametrize(
    ("code", "written", "instead"),
    [
        (
            "SW815",
            "    source: ./worker\n    uses: [db]\n    secrets: [API_KEY_ENCRYPTION_KEY]",
            "    source: ./worker\n    uses: [db]\n    env: {API_KEY_ENCRYPTION_KEY: secret:OTHER}",
        ),
        ("SW816", "https://app.example.com.cn", "https://app.example.net.cn"),
        ("SW816", "https://app.example.com.cn", "https://com.cn"),
        ("SW817", "API_BASE_PATH: /api}", "API_BASE_PATH: /v1/api}"),
    ],
)
def test_what_does_not_agree_is_told_with_its_line(code, written, instead):
    text = STACK.replace(written, instead)

    assert warned(text) == [(code, line_of(text, instead.splitlines()[-1].strip()))]


@pytest.mark.parametrize("origin", ["http://localhost:5173", "https://example.com.cn", "*"])
def test_the_own_machine_and_the_whole_domain_are_fine(origin):
    assert warned(STACK.replace("https://app.example.com.cn", origin)) == []


def test_a_path_below_a_route_is_fine():
    assert warned(STACK.replace("API_BASE_PATH: /api}", "API_BASE_PATH: /api/v1/}")) == []
