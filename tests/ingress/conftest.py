"""All of these start a real proxy; without one they are skipped."""

from pathlib import Path

import pytest

from seaway.errors import PartMissing
from tests.ingress.stand import found

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.local)


@pytest.fixture(autouse=True, scope="session")
def _a_proxy() -> None:
    try:
        found()
    except PartMissing as missing:
        pytest.skip(str(missing))
