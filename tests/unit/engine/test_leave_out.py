"""What cannot run here is left out, with all that needs it, and the rest goes on."""

from seaway.engine.leave_out import without
from seaway.engine.restart import carried_over, restarted
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.route import Route, Routing, Site, Upstream
from seaway.model.workload import Command, Workload


def workload(name: str, *uses: str) -> Workload:
    return Workload(
        name=Name(name), component=Name(name), program=Command(argv=(name,)),
        uses=tuple(Name(each) for each in uses),
    )  # fmt: skip


ROUTING = Routing(
    sites=(
        Site(
            host="localhost",
            routes=(Route(path="/", to=Name("web")), Route(path="/api", to=Name("api"))),
        ),
    ),
    upstreams=tuple(Upstream(workload=Name(each), port="http") for each in ("web", "api")),
)
RELEASE = Release(
    stack=Name("shop"),
    workloads=(workload("db"), workload("api", "db"), workload("web"), workload("job", "api")),
    routing=ROUTING,
)


def names(release: Release) -> list[str]:
    return [each.name for each in release.workloads]


def test_nothing_left_out_changes_nothing():
    assert without(RELEASE, frozenset()) == RELEASE


def test_routes_to_what_is_left_out_go_with_it():
    rest = without(RELEASE, {Name("web")})

    assert names(rest) == ["db", "api", "job"]
    assert [route.path for route in rest.routing.sites[0].routes] == ["/api"]
    assert [each.workload for each in rest.routing.upstreams] == ["api"]


def test_what_uses_it_is_left_out_too():
    """It would wait for ever."""
    assert names(without(RELEASE, {Name("db")})) == ["web"]


def test_up_does_not_undo_a_restart():
    """The file knows nothing of revisions: without care all would be replaced once more."""
    running = restarted(RELEASE, ["api"])

    assert carried_over(RELEASE, running).digest == running.digest
    assert carried_over(RELEASE, None) == RELEASE
