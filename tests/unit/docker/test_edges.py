"""Who is in a network with whom: that is all that keeps the parts of a stack apart."""

from dataclasses import replace

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.route import Routing, Upstream
from seaway.model.workload import Command, Role, Server, Workload
from seaway.targets.docker.edges import aliases, edges, mine

APP = Command(argv=("true",))


def workload(name, program=APP, **more):
    return Workload(
        name=Name(name), component=Name(name), program=program, ports={"http": 8000}, **more
    )


def shop():
    proxy = workload("ingress", Server(part="haproxy"), role=Role.PROXY)
    store = workload("db", Server(part="postgres"), role=Role.STORE)
    api = workload("api", balanced=True, uses=(Name("db"),))
    jobs = workload("jobs", uses=(Name("api"),))
    upstream = Upstream(workload=Name("api"), port="http")
    return Release(
        stack=Name("shop"), workloads=(proxy, store, api, jobs),
        routing=Routing(upstreams=(upstream,)),
    )  # fmt: skip


def test_each_pair_has_a_network_of_its_own():
    pairs = {(each.user, each.provider) for each in edges(shop()) if each.user != each.provider}

    assert pairs == {("api", "db"), ("ingress", "api"), ("jobs", "ingress")}


def test_only_what_people_wrote_and_the_way_in_lead_out():
    open_ = {each.user for each in edges(shop()) if not each.closed}

    assert open_ == {"api", "jobs", "ingress"}


def test_a_balanced_one_is_found_under_its_name_where_the_proxy_is():
    """The address in an environment stays the same while instances come and go."""
    release = shop()
    [edge] = [each for each in edges(release) if each.user == "jobs" != each.provider]

    assert aliases(release, edge, Name("ingress")) == ("ingress", "api")
    assert aliases(release, edge, Name("jobs")) == ("jobs",)


def test_the_proxy_and_seaway_find_an_instance_in_the_same_network():
    first = mine(shop(), Name("api"))[0]

    assert (first.user, first.provider) == ("ingress", "api")


def test_a_store_without_users_is_in_a_network_without_a_way_out():
    store = workload("db", Server(part="postgres"), role=Role.STORE)

    [edge] = edges(Release(stack=Name("shop"), workloads=(store,)))

    assert edge.closed


def test_who_is_answered_finds_a_balanced_one_by_the_proxy_only():
    """Under the same name in both networks it would as often get an instance, at another port."""
    release = shop()
    sms = workload("sms", uses=(Name("api"),))
    api = replace(release.find(Name("api")), uses=(Name("sms"),))
    others = [each for each in release.workloads if each.name != "api"]
    release = replace(release, workloads=(*others, api, sms))
    called = {
        (edge.user, edge.provider): aliases(release, edge, who)
        for edge in edges(release) for who in (Name("api"), Name("ingress"))
        if "sms" in {edge.user, edge.provider} and who in {edge.user, edge.provider}
    }  # fmt: skip

    assert called == {("api", "sms"): (), ("sms", "ingress"): ("ingress", "api")}
