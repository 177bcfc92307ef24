"""Ports given out on one machine."""

import socket

import pytest

from seaway.errors import StepFailed
from seaway.model.names import Name
from seaway.model.workload import Command, Role, Workload
from seaway.targets.local.ports import LASTING, PASSING, SHADOW, Ports, free, holder
from seaway.targets.local.state import StateFolder


@pytest.fixture
def ports(tmp_path):
    return Ports(StateFolder(tmp_path / "stack"))


def workload(role=Role.SERVICE, **ports):
    return Workload(
        name=Name("thing"), component=Name("thing"), role=role, ports=ports,
        program=Command(argv=("true",)),
    )  # fmt: skip


def listening(port=0, host="127.0.0.1"):
    return socket.create_server((host, port))


def test_a_store_has_the_same_port_for_ever(ports, tmp_path):
    """Others carry the address of a store in their environment, also over a restart of Seaway."""
    first = ports.allot(workload(Role.STORE, sql=5432), 0)

    assert Ports(StateFolder(tmp_path / "stack")).allot(workload(Role.STORE, sql=5432), 0) == first
    assert ports.lasting("thing", "sql") == first["sql"]


def test_a_lasting_port_stays_even_when_it_is_taken(ports):
    """Whether a stranger has it is asked when it is needed, and then said."""
    port = ports.lasting("db", "sql")
    with listening(port):
        assert ports.lasting("db", "sql") == port


def test_no_port_is_given_twice(ports):
    given = [ports.lasting("db", str(number)) for number in range(20)]
    given += [ports.another() for _ in range(20)]
    given += [port for slot in range(20) for port in ports.allot(workload(http=80), slot).values()]

    assert len(set(given)) == len(given)


def test_ports_stay_where_the_kernel_takes_none_for_outgoing_connections():
    """Linux takes those from 32768 on; some servers listen 10,000 above their port too."""
    assert max(*PASSING, LASTING[-1] + SHADOW) < 32768
    assert not set(PASSING) & set(LASTING)
    assert not set(PASSING) & {port + SHADOW for port in LASTING}


def test_a_public_port_is_the_one_wanted(ports):
    with listening() as server:
        wanted = server.getsockname()[1]

    assert ports.public("ingress", "http", wanted) == wanted


def test_a_public_port_that_is_taken_is_replaced_by_the_next_and_that_stays(ports):
    with listening() as server:
        wanted = server.getsockname()[1]
        given = ports.public("ingress", "http", wanted)

    assert given > wanted
    assert ports.public("ingress", "http", wanted) == given


def test_a_port_that_is_listened_on_is_not_free():
    with listening() as server:
        assert not free(server.getsockname()[1])


def test_a_port_whose_connections_have_just_ended_is_free():
    """A restarted server must not wait a minute for its old connections to be forgotten."""
    with listening() as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()

    assert free(port)


def test_whoever_holds_a_port_is_named():
    with listening() as server:
        assert "(pid " in holder(server.getsockname()[1])


def test_none_left_is_said(ports, monkeypatch):
    monkeypatch.setattr("seaway.targets.local.ports.free", lambda _: False)
    with pytest.raises(StepFailed) as failed:
        ports.allot(workload(http=80), 0)

    assert failed.value.code == "SW250"
