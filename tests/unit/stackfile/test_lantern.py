"""The example that shows everything is understood whole; what is not built yet is said."""

from collections import Counter
from pathlib import Path

import pytest

from seaway.components import KINDS
from seaway.model.finding import Severity
from seaway.stackfile.read import read
from tests.unit.stackfile.written import resolved

LANTERN = Path(__file__).parent / "lantern" / "seaway.yaml"


@pytest.mark.parametrize("environment", ["local", "staging", "production"])
def test_only_what_is_not_built_yet_is_found(environment):
    environ = {"BACKUP_S3_URL": "https://backup.example"}
    found = resolved(read(LANTERN, environment, kinds=KINDS), environ=environ).findings

    errors = Counter(each.code for each in found if each.severity is Severity.ERROR)
    assert errors == {}
    said = {"SW150", "SW151", "SW160", "SW304", "SW380", "SW384", "SW387"}
    assert {each.code for each in found} <= said


def test_what_is_built_is_in_the_release():
    release = resolved(read(LANTERN, kinds=KINDS)).release

    names = [each.name for each in release.workloads]
    assert {"api", "api-before", "worker", "web", "nightly", "db", "cache", "files"} <= set(names)
    assert names.index("db") < names.index("api")
