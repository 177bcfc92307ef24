"""Every console block of the documents is run, and prints what the page shows."""

import pytest

from tools import consoles


@pytest.mark.local
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "page", consoles.pages(), ids=lambda page: str(page.relative_to(consoles.ROOT))
)
def test_a_page_shows_what_happens(page):
    """`just consoles` writes what is printed now; pages that fetch packages need a network."""
    before = page.read_text(encoding="utf-8")

    assert consoles.replayed(before, consoles.language_of(page)) == before
