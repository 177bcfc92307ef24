"""Doctor names cause and remedy of each trouble it knows, and is silent where all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seaway.engine.doctor import (
    Evidence,
    Machine,
    Taken,
    certificates,
    diagnosis,
    own_addresses,
    preflight,
    supervision,
)
from seaway.messages import Language, say
from seaway.model.certificate import Certificate
from seaway.model.finding import Severity
from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.probe import Checks, HttpProbe
from seaway.model.release import Release
from seaway.model.text import Host, Port, Text
from seaway.model.workload import Command, Role, Server, Volume, Workload
from seaway.plan.look import Look

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOMY = Machine(free=500_000_000_000, folder="/state/shop")


def taken(workload: str, *, fixed: bool) -> Taken:
    return Taken(port=14001, workload=workload, by="nc (pid 12)", fixed=fixed)


def store(name: str, part: str) -> Workload:
    return Workload(
        name=Name(name), component=Name(name), program=Server(part=part), role=Role.STORE,
        ports={"main": 1}, volumes=(Volume(name="data", size=10_000_000_000),),
    )  # fmt: skip


def service(**more) -> Workload:
    return Workload(
        name=Name("api"), component=Name("api"), program=Command(argv=("api",)),
        checks=Checks(ready=HttpProbe(path="/readyz")), **more,
    )  # fmt: skip


def instance(workload: Workload, phase: Phase, *, reason: str = "", deaths: int = 0) -> Instance:
    return Instance(
        id=InstanceId(f"{workload.name}-0"), stack=Name("shop"), workload=workload.name,
        digest=workload.digest, phase=phase, since=NOW, created=NOW - timedelta(seconds=9),
        reason=reason, deaths=deaths,
    )  # fmt: skip


def diagnosed(*pairs: tuple[Workload, Instance | None], **evidence: Evidence):
    release = Release(stack=Name("shop"), workloads=tuple(workload for workload, _ in pairs))
    seen = [each for _, each in pairs if each]
    return list(diagnosis(Look(release, seen, NOW), evidence))


def codes(found) -> list[str]:
    return [each.code for each in found]


DB, CACHE, FILES = store("db", "postgres"), store("cache", "redis"), store("files", "s3")


def test_a_healthy_stack_has_no_findings():
    release = Release(stack=Name("shop"), workloads=(DB,))

    assert list(preflight(release, ROOMY)) == []
    assert list(supervision(wanted=True, alive=12, running=3)) == []
    assert list(supervision(wanted=False, alive=0, running=0)) == []
    assert diagnosed((DB, instance(DB, Phase.READY))) == []


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (Machine(free=900_000_000, folder="/s"), "SW640"),
        (Machine(free=9_000_000_000, folder="/s"), "SW641"),
        (Machine(free=10**12, folder="/s", writable=False), "SW642"),
        (Machine(free=10**12, folder="/s", open_to_others=True), "SW643"),
        (Machine(free=10**12, folder="/s", taken=(taken("db", fixed=True),)), "SW644"),
        (Machine(free=10**12, folder="/s", taken=(taken("in", fixed=False),)), "SW645"),
    ],
)  # fmt: skip
def test_preflight_finds(machine, code):
    assert codes(preflight(Release(stack=Name("shop"), workloads=(DB,)), machine)) == [code]


def test_a_stack_without_its_supervisor_is_found():
    assert codes(supervision(wanted=True, alive=0, running=3)) == ["SW646"]
    assert codes(supervision(wanted=False, alive=0, running=3)) == ["SW647"]


@pytest.mark.parametrize(
    ("workload", "code"),
    [(DB, "SW650"), (CACHE, "SW651"), (FILES, "SW652")],
    ids=lambda x: str(x)[:5],
)
def test_a_store_that_takes_no_connection_is_found(workload, code):
    evidence = Evidence(refused={"127.0.0.1:14001": "connection refused"})

    found = diagnosed((workload, instance(workload, Phase.READY)), **{workload.name: evidence})

    assert codes(found) == [code]
    assert "127.0.0.1:14001" in say(code, found[0].facts, Language.EN).text


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('FATAL:  password authentication failed for user "app"', "SW661"),
        ('FATAL:  database "lantern" does not exist', "SW662"),
        ("redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair", "SW663"),
        ("NOAUTH Authentication required.", "SW663"),
        ("botocore.exceptions.ClientError: An error occurred (SignatureDoesNotMatch)", "SW664"),
        ('could not translate host name "databse" to address: Name or service not known', "SW665"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "SW666"),
        ("OSError: [Errno 98] Address already in use", "SW667"),
        ("ValueError: JWT_SECRET must be at least 32 characters", "SW668"),
        ("KeyError: environment variable AI_QUEUE_NAME is not set", "SW669"),
        ("ModuleNotFoundError: No module named 'fastapi'", "SW670"),
        ("OSError: [Errno 28] No space left on device", "SW671"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/app'", "SW672"),
        ("MemoryError", "SW673"),
    ],
)
def test_a_service_that_says_why_it_does_not_start_is_understood(line, code):
    api = service(uses=(Name("db"),))
    dead = instance(api, Phase.DEAD, reason="exit status 1", deaths=2)

    found = diagnosed(
        (DB, instance(DB, Phase.READY)), (api, dead), api=Evidence(lines=("starting", line))
    )

    assert codes(found) == [code]
    assert found[0].at.path == "api"
    assert "?" not in say(code, found[0].facts, Language.ZH).text.replace("？", "")


def test_the_newest_line_counts_most():
    api = service()
    lines = ("Connection refused", "retrying", "ModuleNotFoundError: No module named 'x'")

    found = diagnosed((api, instance(api, Phase.DEAD, deaths=1)), api=Evidence(lines=lines))

    assert codes(found) == ["SW670"]


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (instance(service(), Phase.DEAD, reason="exit status 3", deaths=2), "SW656"),
        (instance(service(), Phase.DEAD, reason="exit status 3", deaths=10), "SW657"),
        (instance(service(), Phase.UNREADY, reason="answered 503"), "SW658"),
        (instance(service(), Phase.STARTING, reason="answered 404"), "SW658"),
        (instance(service(), Phase.DEAD, reason="oom", deaths=1), "SW673"),
        (instance(service(), Phase.PREPARING), "SW659"),
        (None, "SW655"),
    ],
)
def test_a_service_that_says_nothing_is_judged_by_its_state(seen, code):
    assert codes(diagnosed((service(), seen))) == [code]


def test_a_cluster_that_lacks_a_part_of_its_keys_says_so_beside_the_cause():
    """That the others refuse as well is what people see first."""
    cache = replace(
        service(), role=Role.STORE, replicas=2, program=Server(part="redis", argv=("x",))
    )
    away = "5461 of 16384 slots have no node: all of a shard are away (port 17001, 17004)"

    found = diagnosed((cache, instance(cache, Phase.UNREADY, reason=away)))

    assert codes(found) == ["SW355", "SW658"]
    assert found[0].facts["reason"] == away
    assert say("SW355", found[0].facts, Language.ZH).text


def test_what_waits_for_something_broken_is_no_second_error():
    api = service(uses=(Name("db"),))
    dead = instance(DB, Phase.DEAD, reason="exit status 1", deaths=3)

    found = diagnosed((DB, dead), (api, None))

    assert codes(found) == ["SW656", "SW660"]
    assert [each.severity for each in found] == [Severity.ERROR, Severity.WARNING]


def test_an_address_of_its_own_that_does_not_answer_is_found():
    api = service()
    own = Evidence(own={"DATABASE_URL (db.example:5432)": "name or service not known"})

    assert codes(diagnosed((api, instance(api, Phase.READY)), api=own)) == ["SW654"]


def test_only_addresses_that_somebody_wrote_are_tried():
    """What Seaway fills in itself is right; a web address is no store."""
    api = service(
        env={
            "DATABASE_URL": Text.of("postgresql+asyncpg://app:pw@db.example/app"),
            "REDIS_URL": Text.of("redis://127.0.0.1:7001/0"),
            "S3_ENDPOINT": Text.of("http://s3.example:9000"),
            "HOME_PAGE": Text.of("https://lantern.example/"),
            "OTHER_URL": Text.of(
                "redis://", Host(workload=Name("c")), ":", Port(workload=Name("c"), port="r")
            ),
        }
    )

    assert list(own_addresses(api)) == [
        ("DATABASE_URL", "db.example", 5432),
        ("REDIS_URL", "127.0.0.1", 7001),
        ("S3_ENDPOINT", "s3.example", 9000),
    ]


def test_certificates_that_cannot_be_had_or_renewed_are_told():
    kept = Certificate(host="a.example", since=NOW, until=NOW + timedelta(days=90))
    failing = replace(kept, failures=3, tried=NOW + timedelta(days=60), problem="no route")
    none = Certificate(host="b.example", failures=1, tried=NOW, problem="no route")
    later = NOW + timedelta(days=80)

    assert list(certificates([kept], NOW)) == []
    assert [(each.code, each.severity) for each in certificates([failing, none], NOW)] == [
        ("SW681", Severity.WARNING), ("SW680", Severity.WARNING),
    ]  # fmt: skip
    assert [each.code for each in certificates([failing], later)] == ["SW681", "SW682"]
    for each in certificates([failing, none], later):
        for language in Language:
            assert "?" not in say(each.code, each.facts, language).text
