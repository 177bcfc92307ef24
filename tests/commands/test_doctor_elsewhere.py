"""What the doctor hears from a host is what Seaway there found."""

import pytest

from seaway.cli.diagnose import Told, heard, told
from seaway.cli.doctor_running import Check
from seaway.model.finding import Finding, Place, Severity


def test_what_is_told_is_heard_as_it_was():
    """Only codes and facts travel: the words are those of whoever reads them."""
    finding = Finding(
        code="SW813", severity=Severity.WARNING, at=Place(path="services.api.env.QUEUE"),
        facts={"count": 3, "queue": "列队", "task": "send"},
    )  # fmt: skip
    checks = (Check("supervision", ()), Check("jobs", (finding,), ("example.com: 2027-01-01",)))
    what = Told(checks, {"JWT_SECRET": 2})

    assert heard(told(what)) == what


@pytest.mark.parametrize("text", ["", "[1]", '{"checks": [{"name": "jobs"}]}', '{"error": {}}'])
def test_what_an_older_seaway_says_is_not_taken_for_it(text):
    with pytest.raises(ValueError, match=r".*"):
        heard(text)
