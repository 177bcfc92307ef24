"""The connections of all copies together must fit into their database (R79)."""

import pytest

from seaway.model.finding import Severity
from tests.unit.stackfile.written import HEAD, findings_of

STACK = (
    HEAD
    + """\
services:
  api:
    run: x
    port: 8000
    replicas: 2
    uses: [db]
    env: {DB_MAX_CONNECTIONS: 10}
  worker:
    run: y
    uses: [db]
    env: {DATABASE_POOL: 5}
data:
  db: {kind: postgres, connections: 45}
  other: {kind: postgres}
"""
)
OVER = (
    ("replicas: 2", "replicas: 3"),
    ("replicas: 2", "replicas: 2..3\n    scale: {cpu: 70%}"),
    ("DATABASE_POOL: 5", "DATABASE_POOL: 6"),
    ("connections: 45", "connections: 44"),
    ("connections: 45", "connections: 44, standby: {count: 1}"),
    ("replicas: 2", "replicas: 2\n    rollout: {strategy: blue-green}"),
)


def found(text: str) -> list[tuple[Severity, int]]:
    return [(each.severity, each.at.line) for each in findings_of(text) if each.code == "SW356"]


def test_what_fits_to_the_last_connection_is_not_mentioned():
    """Three copies of the API during a release, two workers, and five kept."""
    assert found(STACK) == []


@pytest.mark.parametrize(("written", "instead"), OVER)
def test_one_more_is_refused_where_most_are_opened(written, instead):
    text = STACK.replace(written, instead)
    at = next(n for n, each in enumerate(text.splitlines(), 1) if "DB_MAX_CONNECTIONS" in each)

    assert found(text) == [(Severity.ERROR, at)]


@pytest.mark.parametrize(
    ("written", "instead"),
    [("uses: [db]\n    env: {DB", "uses: [db, other]\n    env: {DB"), ("DATABASE_POOL", "POND")],
)
def test_what_cannot_be_told_is_not_counted(written, instead):
    assert found(STACK.replace(written, instead).replace("replicas: 2", "replicas: 3")) == []
