"""What is said before anything starts."""

import pytest

from seaway.errors import PartMissing
from seaway.messages.say import CATALOGUE
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Build, Command, Limits, Server, Workload
from seaway.stores.clock import SystemClock
from seaway.targets.local.part import Found
from seaway.targets.local.parts import PARTS
from seaway.targets.local.state import StateFolder
from seaway.targets.local.target import LocalTarget


class Old:
    name = "old"

    def find(self, choice):
        return Found(version="15.4", origin=f"Debian {choice}", programs={})


class ForTests:
    name = "for-tests"

    def find(self, choice):
        return Found(
            version="6.0.5", origin=f"a package {choice}", programs={}, notice="SW314"
        )  # fmt: skip


class Missing:
    name = "missing"

    def find(self, choice):
        raise PartMissing("SW253", part=f"missing {choice}", package="nothing")


@pytest.fixture
def findings(tmp_path, monkeypatch):
    monkeypatch.setitem(PARTS, "old", f"{__name__}:Old")
    monkeypatch.setitem(PARTS, "for-tests", f"{__name__}:ForTests")
    monkeypatch.setitem(PARTS, "missing", f"{__name__}:Missing")
    monkeypatch.setitem(PARTS, "unloadable", "no_such_package.at_all:X")
    target = LocalTarget(
        StateFolder(tmp_path), Name("s"), None, SystemClock(), outside={"PATH": "/usr/bin:/bin"}
    )

    def found(*workloads, environment="local"):
        release = Release(stack=Name("s"), workloads=workloads, environment=environment)
        return {each.code: each for each in target.cannot(release)}, target.left_out(release)

    return found


def thing(program, name="thing", **changes):
    return Workload(name=Name(name), component=Name(name), program=program, **changes)


def test_nothing_is_said_about_what_can_be_done(findings):
    assert findings(thing(Command(argv=("python3",)))) == ({}, frozenset())


@pytest.mark.parametrize("part", ["missing", "unloadable"])
def test_a_server_that_is_not_installed_is_an_error(findings, part):
    found, _ = findings(thing(Server(part=part)))

    assert found["SW253"].severity is Severity.ERROR


def test_a_part_that_nobody_knows_is_an_error(findings):
    found, _ = findings(thing(Server(part="oracle")))

    assert "postgres" in found["SW252"].facts["known"]


@pytest.mark.parametrize(("where", "severity"), [("local", "info"), ("production", "warning")])
def test_a_server_that_is_for_tests_only_is_said_to_be_that(findings, where, severity):
    """What is good enough for a developer's machine is not for others."""
    found, _ = findings(thing(Server(part="for-tests")), environment=where)

    assert found["SW314"].severity == severity
    assert found["SW314"].facts["version"] == "6.0.5"


def test_another_version_is_a_warning(findings):
    found, _ = findings(thing(Server(part="old", version="16")))

    assert found["SW271"].severity is Severity.WARNING
    assert (found["SW271"].facts["wanted"], found["SW271"].facts["found"]) == ("16", "15.4")


def test_a_service_that_cannot_be_built_is_left_out(findings, tmp_path):
    build = Build(folder=str(tmp_path), command="no-npm ci", output=str(tmp_path / "dist"))
    found, left_out = findings(thing(Command(argv=("x",), build=build), "web"))

    assert found["SW272"].facts == {"service": "web", "tools": "no-npm"}
    assert left_out == {"web"}


def test_more_than_the_machine_has_is_a_warning(findings):
    limits = Limits(cpu=1000.0, memory=1 << 50)
    found, _ = findings(thing(Command(argv=("x",)), limits=limits, replicas=2))

    assert {"SW273", "SW274"} <= set(found)


def test_every_finding_has_words(findings):
    found, _ = findings(
        thing(Server(part="old", version="16")), thing(Server(part="missing"), "other")
    )

    assert set(found) <= set(CATALOGUE)
