"""The user's own code: what a few words in the stack file become."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from seaway.model.probe import Checks, GrpcProbe, HttpProbe, TcpProbe
from seaway.model.settings.cron import cron
from seaway.model.text import Host, Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Build, Command, Role, Server
from tests.unit.stackfile.written import (
    HEAD,
    findings_of,
    release_of,
    resolved,
    stack_of,
    workload_of,
)

DATA = "data: {db: postgres, cache: redis}\n"
SHOP = "data: {db: postgres, cache: redis, second: redis}\nsecrets: {KEY: {}, CERT: {}}\n"


def api(settings: str, rest: str = "", name: str = "api", **given):
    return workload_of(
        f"services: {{api: {{run: python main.py, {settings}}}}}\n{rest}", name, **given
    )


def api_codes(settings: str, rest: str = "") -> list[str]:
    text = f"{HEAD}services: {{api: {{{settings}}}}}\n{rest}"
    return [each.code for each in findings_of(text) if each.code not in {"SW164", "SW159"}]


def test_a_line_becomes_arguments():
    argv = workload_of(
        "services: {api: {run: 'python \"a b.py\" --x=1 $APP_ENV'}}", "api"
    ).program.argv

    assert argv == ("python", "a b.py", "--x=1", "$APP_ENV")


def test_a_word_is_enough():
    workload = workload_of("services: {worker: python worker.py}", "worker")

    assert workload.program == Command(argv=("python", "worker.py"))
    assert (workload.role, workload.balanced, workload.replicas) == (Role.SERVICE, False, 1)
    assert workload.checks == Checks()


@pytest.mark.parametrize(
    ("run", "code"),
    [
        ("a | b", "SW162"), ("a && b", "SW162"), ("a; b", "SW162"), ("a > b", "SW162"),
        ("a $(b)", "SW162"), ("a `b`", "SW162"), ("A=1 b", "SW169"), ("a 'b", "SW163"),
        ("a &", "SW162"), ("$NOWHERE", "SW187"), ("   ", "SW139"),
    ],
)  # fmt: skip
def test_a_shell_is_refused(run, code):
    """A shell in between eats signals, and quoting rules differ where it runs."""
    assert api_codes(f'run: "{run}"') == [code]


@pytest.mark.parametrize(
    "run", ['grep "|" x', "curl 'http://a?b=1&c=2'", "x '(a)' \"b;c\"", "a #b"]
)
def test_quoted_operators_are_text(run):
    assert api_codes("run: '{}'".format(run.replace("'", "''"))) == []


def test_a_list_is_taken_as_it_is():
    assert workload_of("services: {api: {run: [sh, -c, 'a | b']}}", "api").program.argv == (
        "sh", "-c", "a | b",
    )  # fmt: skip


def test_a_source_is_built_where_it_lies():
    assert api("source: ./code").program.build == Build(folder="/srv/shop/code")
    assert api("source: ../x, build: make").program.build == Build(folder="/srv/x", command="make")


def test_a_service_is_told_of_itself():
    env = api("port: 8000, zone: Asia/Shanghai").env

    assert env["PORT"] == env["APP_PORT"] == Text.of(Own(what="port", name="http"))
    assert env["HOST"] == env["APP_HOST"] == Text.of(Own(what="host"))
    assert env["INSTANCE"] == Text.of(Own(what="instance"))
    assert env["RELEASE_VERSION"] == Text.of(Own(what="release"))
    assert env["APP_ENV"] == Text.of("development")
    assert env["TZ"] == Text.of("Asia/Shanghai")


def test_several_ports_have_names():
    workload = api("port: {http: 8000, metrics: 9090}")

    assert workload.ports == {"http": 8000, "metrics": 9090}
    assert workload.env["METRICS_PORT"] == Text.of(Own(what="port", name="metrics"))
    assert workload.balanced


def test_what_is_used_is_handed_over():
    """Users write no address of their own: wrong ones cannot be written."""
    workload = api("uses: [db, cache]", DATA)

    assert workload.uses == ("cache", "db")
    assert workload.env["DB_URL"] == workload.env["DATABASE_URL"]
    assert Host(workload="db") in workload.env["DB_HOST"].holes
    assert workload.env["REDIS_URL"] == workload.env["CACHE_URL"]


def test_two_of_a_kind_are_told_apart():
    """Which database would DATABASE_URL be? Nobody can know."""
    found = findings_of(HEAD + "services: {api: {run: x, uses: [cache, second]}}\n" + SHOP)
    [dispute] = [each for each in found if each.code == "SW161"]

    assert dispute.facts["names"] == "cache, second"
    decided = "env: {REDIS_URL: ref:second.url, REDIS_HOST: ref:second.host, REDIS_PORT: '1', "
    decided += "REDIS_PASSWORD: 'x'}"
    assert "SW161" not in api_codes(f"run: x, uses: [cache, second], {decided}", SHOP)


def test_own_values_win_and_references_are_filled():
    env = api(
        "uses: [db], env: {PORT: 1, ON: true, RATIO: 0.5, URL: ref:db.url, HOME_OF: env:WHERE, "
        "K: secret:KEY, APP_ENV: production}",
        SHOP.replace(", CERT: {}", ""),
        environ={"WHERE": "/home"},
        versions={"KEY": 3},
    ).env

    assert env["PORT"] == Text.of("1")
    assert (env["ON"], env["RATIO"]) == (Text.of("true"), Text.of("0.5"))
    assert env["URL"] == env["DB_URL"]
    assert env["HOME_OF"] == Text.of("/home")
    assert env["K"] == Text.of(Secret(name="KEY", version=3))
    assert env["APP_ENV"] == Text.of("production")


@pytest.mark.parametrize(
    "written", ["[KEY, {CERT: file}]", "{KEY: env, CERT: file}", "[KEY: env, CERT: file]"]
)
def test_secrets_come_as_variables_or_files(written):
    env = api(f"secrets: {written}", SHOP).env

    assert env["KEY"] == Text.of(Secret(name="KEY"))
    assert env["CERT_FILE"] == Text.of(SecretFile(name="CERT"))
    assert "CERT" not in env


def test_one_path_is_asked_for_both_and_kills_slowly():
    """A path that also looks at the database must not restart every copy at its first hiccup."""
    checks = api("port: 8000, health: /healthz").checks

    assert checks.ready == checks.live == HttpProbe(path="/healthz")
    assert (checks.failures, checks.live_failures) == (3, 9)


def test_two_paths_are_asked_for_what_they_say():
    checks = api("port: 8000, health: {ready: /r, live: /l, start: 5s, failures: 2}").checks

    assert (checks.ready, checks.live) == (HttpProbe(path="/r"), HttpProbe(path="/l"))
    assert (checks.failures, checks.live_failures, checks.start) == (2, 2, timedelta(seconds=5))


def test_without_a_path_a_connection_is_enough():
    assert api("port: 8000").checks.ready == TcpProbe(port="http")
    assert api("port: {admin: 9000}").checks.ready == TcpProbe(port="admin")
    assert not api("port: {admin: 9000}").balanced


def test_a_migration_runs_before_the_first_new_copy():
    text = (
        "port: 8000, source: ., uses: [db], secrets: [KEY], rollout: {before: alembic upgrade head}"
    )
    service = api(text, SHOP.replace(", CERT: {}", ""))
    before = api(text, SHOP.replace(", CERT: {}", ""), name="api-before")

    assert before.role is Role.JOB
    assert before.program == Command(
        argv=("alembic", "upgrade", "head"), build=Build(folder="/srv/shop")
    )
    assert before.restarting.tries == 3
    assert service.uses == ("api-before", "db")
    assert before.uses == ("db",)
    assert before.env["DATABASE_URL"] == service.env["DATABASE_URL"]
    assert not {"PORT", "HOST", "APP_PORT", "APP_HOST"} & set(before.env)
    assert not [hole for text in before.env.values() for hole in text.holes
                if isinstance(hole, Own) and hole.what in {"port", "host"}]  # fmt: skip


def test_a_name_that_a_migration_takes_is_told():
    text = "run: x, rollout: {before: y}}, api-before: {run: z"

    assert "SW188" in api_codes(text)


def test_limits_logs_and_stopping_are_carried_over():
    workload = api(
        "resources: {cpu: 500m, memory: 256Mi, pids: 64, files: 1024}, logs: {size: 1MB, files: 5},"
        " stop: {grace: 7s, signal: SIGINT}, rollout: {drain: 5m}"
    )

    assert (workload.limits.cpu, workload.limits.memory) == (0.5, 256 * 2**20)
    assert (workload.limits.pids, workload.limits.files) == (64, 1024)
    assert (workload.logs.size, workload.logs.files) == (1_000_000, 5)
    assert workload.stopping.signal == "SIGINT"
    assert workload.stopping.grace == timedelta(seconds=7)


def test_a_worker_may_finish_its_job():
    """Nobody stands before it: the drain is what lies between the signal and the end."""
    assert api("rollout: {drain: 5m}").stopping.grace == timedelta(minutes=5)


def test_services_reach_each_other_through_the_balancer():
    release = release_of(
        "services:\n  api: {run: x, port: 8000}\n  web: {run: y, uses: [api]}\n"
    ).release
    web = release.find("web")

    assert web.env["API_URL"] == Text.of(
        "http://", Host(workload="api"), ":", Port(workload="api", port="http")
    )
    assert web.uses == ("api", "ingress")
    assert [each.workload for each in release.routing.upstreams] == ["api"]
    assert release.find("ingress").role is Role.PROXY


def test_calls_of_grpc_are_balanced_behind_an_address_of_their_own():
    """R66. HTTP and gRPC of one service are two upstreams; its clients are told both."""
    release = release_of(
        "services:\n"
        "  ai: {run: x, port: {http: 8081, grpc: 50051}, health: {grpc: ''}, replicas: 3}\n"
        "  web: {run: y, uses: [ai]}\n"
    ).release
    ai, web = release.find("ai"), release.find("web")

    assert web.env["AI_GRPC"] == Text.of(Host(workload="ai"), ":", Port(workload="ai", port="grpc"))
    assert ai.env["GRPC_PORT"] == Text.of(Own(what="port", name="grpc"))
    assert ai.balanced
    assert ai.checks.ready == GrpcProbe(service="", port="grpc")
    assert ai.checks.live == GrpcProbe(service="", port="grpc")
    assert [(each.name, each.balance, each.check) for each in release.routing.upstreams] == [
        ("ai", "leastconn", ""), ("ai.grpc", "roundrobin", "/"),
    ]  # fmt: skip


def test_health_by_grpc_needs_a_port_for_it():
    assert api_codes("run: x, port: 8000, health: {grpc: ''}") == ["SW315"]


def test_nothing_stands_before_what_nobody_reaches():
    release = release_of("services: {api: {run: x, port: 8000}}").release

    assert release.find("ingress") is None


def test_a_schedule_runs_at_its_times():
    workload = workload_of(
        "services: {nightly: {run: x, schedule: '0 2 * * MON-FRI', zone: Asia/Shanghai}}", "nightly"
    )

    assert workload.role is Role.SCHEDULE
    assert (workload.schedule, workload.zone) == ("0 2 * * mon-fri", "Asia/Shanghai")
    assert workload_of("services: {a: {run: x, schedule: daily}}", "a").schedule == "0 0 * * *"


@pytest.mark.parametrize(
    "cron",
    ["* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
     "5-1 * * * *", "0 0 30 2 *", "0 0 31 4,6-6/1 *", "a * * * *", "1, * * * *",
     "@daily", "", "* * * * * *", "² * * * *"],
)  # fmt: skip
def test_times_that_never_come_are_refused(cron):
    assert api_codes(f"run: x, schedule: '{cron}'") == ["SW168"]


def test_a_job_runs_once_and_others_wait_for_it():
    text = """\
services:
  seed: {run: x, job: true, uses: db}
  api: {run: y, uses: [seed]}
data: {db: postgres}
"""

    assert workload_of(text, "seed").role is Role.JOB
    assert workload_of(text, "api").uses == ("seed",)


def test_a_static_site_is_served_by_rules():
    workload = workload_of("services: {web: {static: ./web/dist, build: npm run build}}", "web")
    program = workload.program

    assert isinstance(program, Server)
    assert program.part == "static"
    assert program.build == Build(
        folder="/srv/shop/web", command="npm run build", output="/srv/shop/web/dist"
    )
    assert program.settings["root"] == "/srv/shop/web/dist"
    assert program.settings["spa"] is True
    assert "immutable" in program.settings["hashed"]
    assert program.settings["entry"] == "no-cache"
    assert workload.balanced
    assert workload.checks.ready == HttpProbe(path="/")


def test_what_is_outside_is_handed_over_too():
    text = (
        "services: {api: {run: x, uses: maps}}\nsecrets: {MAPS: {}}\n"
        "external: {maps: {kind: other, values: {url: env:MAPS_URL, key: secret:MAPS}}}"
    )
    workload = workload_of(text, "api", environ={"MAPS_URL": "https://maps.example"})

    assert workload.env["MAPS_URL"] == Text.of("https://maps.example")
    assert workload.env["MAPS_KEY"] == Text.of(Secret(name="MAPS"))


@given(
    st.lists(
        st.sampled_from(
            [
                "*",
                "0",
                "1",
                "7",
                "12",
                "24",
                "29",
                "31",
                "mon",
                "feb",
                "*/5",
                "1-5",
                "5-1",
                "30/2",
                "4,6",
            ]
        ),
        min_size=5,
        max_size=5,
    ).map(" ".join)
)
def test_times_that_pass_have_a_next_one(written):
    """The planner asks for the next time; a schedule without one must not get that far."""
    with suppress(PydanticCustomError):
        assert next(CronSim(cron(written), datetime(2026, 1, 1, tzinfo=UTC)))


def test_what_rolls_a_release_back_is_written_down():
    text = HEAD + "services: {a: {run: x, rollout: {rollback_if: {errors: '> 1%', for: 30s}}}}"
    workload = resolved(stack_of(text)).release.find("a")

    assert workload.rollout.rollback_if == {"errors": "> 1%", "for": "30s"}
