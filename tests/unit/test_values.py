"""What Seaway wrote down is read as the very value it was, and nothing else passes for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.instance import Address, Instance, Phase
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.probe import Checks, ExecProbe, HttpProbe, PartProbe
from seaway.model.release import Release
from seaway.model.route import Rate, Route, Routing, Site
from seaway.model.text import Own, Secret, Text
from seaway.model.workload import Build, Command, Server, Volume, Workload
from seaway.values import dumped, loaded, understood

WHOLE = Release(
    stack=Name("shop"), number=3, created=datetime(2026, 11, 29, 12, 0, 0, 5, tzinfo=UTC),
    workloads=(
        Workload(
            name=Name("api"), component=Name("api"), uses=(Name("db"),), ports={"http": 8000},
            program=Command(argv=("python", "-m", "shop"), build=Build(folder="/src")),
            env={"URL": Text.of("http://", Own(what="host")), "KEY": Text.of(Secret(name="K"))},
            checks=Checks(ready=HttpProbe(path="/readyz"), live=ExecProbe(argv=("true",))),
        ),
        Workload(
            name=Name("db"), component=Name("db"), checks=Checks(ready=PartProbe()),
            program=Server(part="postgres", settings={"a": [1, 2.5, None, {"ü": True}]}),
            volumes=(Volume(name="data", size=1),),
        ),
    ),
    routing=Routing(sites=(Site(
        host="shop.test", routes=(Route(path="/", to=Name("api"), rate=Rate(count=5.0),
                                        cache=timedelta(hours=1)),),
    ),)),
)  # fmt: skip


def test_a_release_is_read_as_it_was_written():
    digests = [each.digest for each in WHOLE.workloads]

    again = loaded(Release, dumped(WHOLE))

    assert again == WHOLE
    assert repr(again) == repr(WHOLE)
    assert [each.digest for each in again.workloads] == digests


def test_a_release_of_before_is_read_too():
    """Ledgers outlive versions: pydantic wrote `Z` for UTC, and durations with their own units."""
    text = dumped(WHOLE).replace("+00:00", "Z").replace('"PT3600S"', '"PT1H"')

    assert '"PT1H"' in text
    assert loaded(Release, text) == WHOLE


def test_what_is_worked_out_anew_is_not_written():
    _ = WHOLE.workloads[0].digest

    assert "_digest" not in dumped(WHOLE)


@given(st.timedeltas())
def test_any_time_span_comes_back_to_the_microsecond(span):
    assert loaded(tuple[timedelta, ...], dumped((span,))) == (span,)


def test_instances_come_back():
    when = datetime(2026, 1, 1, tzinfo=UTC)
    one = Instance(
        id=InstanceId("api-1"), stack=Name("shop"), workload=Name("api"), digest=Digest("d"),
        phase=Phase.READY, since=when, created=when, addresses={"http": Address(host="h", port=1)},
    )  # fmt: skip

    assert loaded(tuple[Instance, ...], dumped((one,))) == (one,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """As a part's settings are."""

    pairs: tuple[tuple[str, int], ...]
    limits: Mapping[str, float] = field(default_factory=dict[str, float])


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], {"pairs": [["a", "1"]]}, {"pairs": [["a", True]]}, {"pairs": [["a"]]},
        {"pairs": [], "limits": {"x": "1"}}, {"pairs": {}}, {"pairs": [], "limits": None},
    ],
)  # fmt: skip
def test_what_is_no_such_value_is_refused(wrong: object) -> None:
    """A file that a loss of power has spoilt must not be taken for something else."""
    with pytest.raises(ValueError, match=r"."):
        understood(Told, wrong)


def test_fields_of_a_later_version_are_passed_over():
    assert understood(Told, {"pairs": [["a", 1]], "later": 1}) == Told(pairs=(("a", 1),))


def test_a_broken_union_is_refused():
    text = dumped(WHOLE).replace('"program":"server"', '"program":"engine"')

    with pytest.raises(ValueError, match="fits nothing"):
        loaded(Release, text)
