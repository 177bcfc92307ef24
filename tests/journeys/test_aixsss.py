"""AIXSSS on this machine: what a team does with it, and what must not hurt it (2.1)."""

import os
import re
import signal
import socket
import uuid
from pathlib import Path

import httpx2
import pytest

from tests.journeys.running import Load, Seaway, own_processes

PASSWORD = "correct horse battery"


@pytest.fixture
def client(address: str):
    with httpx2.Client(base_url=address, timeout=20) as client:
        yield client


def signed_up(client: httpx2.Client) -> tuple[str, dict[str, str]]:
    """A new user: its address and the header that says who asks."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    answer = client.post("/api/auth/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code in {200, 201}, answer.text
    token = answer.json().get("accessToken") or answer.json()["access_token"]
    return email, {"Authorization": f"Bearer {token}"}


def test_all_parts_are_healthy_and_the_address_is_told(aixsss: Seaway, address: str):
    """What `status` says is what a browser finds."""
    status = aixsss.status()

    assert status["health"] == "healthy"
    assert status["supervisor"] > 0
    page = httpx2.get(address, timeout=10)
    assert page.status_code == 200
    assert "<div id=" in page.text
    assert page.headers["x-content-type-options"] == "nosniff"


def test_login_and_a_provider_key_that_is_never_shown_again(client: httpx2.Client, aixsss: Seaway):
    """The key is stored encrypted: neither the answer nor the database shows it."""
    _, who = signed_up(client)
    key = f"sk-canary-{uuid.uuid4().hex}"

    saved = client.put("/api/keys/deepseek", headers=who, json={"label": "team", "key": key})
    listed = client.get("/api/keys", headers=who)
    dump = aixsss("exec", "db", "--", "psql", "--version", status=None)

    assert saved.status_code in {200, 201}, saved.text
    assert key not in listed.text
    assert key[-4:] in listed.text
    assert "psql" in dump


def test_requests_are_shared_between_the_replicas(aixsss: Seaway, client: httpx2.Client):
    """Two API replicas stand behind the ingress."""
    answers = {client.get("/api/version").json().get("instance") for _ in range(40)}
    names = {each["id"] for each in aixsss.instances("api")}

    assert len(names) == 2
    assert answers == names
    assert {each["traffic"] for each in aixsss.instances("api")} == {"in"}


def test_a_replica_killed_under_load_costs_no_request_and_comes_back(aixsss: Seaway, address: str):
    """Done when: kill -9 of one API replica, no request failed, back by itself."""
    before = aixsss.instances("api")
    with Load(f"{address}/api/version").running() as load:
        aixsss.wait_until(lambda: load.answers[200] > 100, "load is running")
        os.kill(before[0]["pid"], signal.SIGKILL)
        gone = before[0]["id"]

        def back() -> bool:
            now = aixsss.instances("api")
            ready = [each for each in now if each["traffic"] == "in" and each["phase"] == "ready"]
            return len(ready) == 2 and gone not in {each["id"] for each in ready}

        aixsss.wait_until(back, "the replica is back")

    assert load.failures == {}
    assert load.answers[200] > 200


def test_seaway_killed_stops_nothing_and_doubles_nothing(aixsss: Seaway, address: str):
    """Done when: Seaway killed with -9, nothing stops, the next `status` is right."""
    before = aixsss.status()
    processes = set(own_processes(aixsss.state)) - {before["supervisor"]}
    with Load(f"{address}/api/version").running() as load:
        aixsss.wait_until(lambda: load.answers[200] > 50, "load is running")
        os.kill(before["supervisor"], signal.SIGKILL)
        orphaned = aixsss.status()
        aixsss("up", "-d")
        adopted = aixsss.status()

    assert orphaned["supervisor"] == 0
    assert orphaned["health"] == "healthy"
    assert load.failures == {}
    assert adopted["supervisor"] not in {0, before["supervisor"]}
    assert _pids(adopted) == _pids(orphaned) == _pids(before)
    assert set(own_processes(aixsss.state)) - {adopted["supervisor"]} == processes


def _pids(status: dict) -> dict[str, int]:
    return {
        each["id"]: each["pid"] for part in status["workloads"] for each in part["instances"]
        if each["phase"] == "ready"
    }  # fmt: skip


def test_a_restart_under_load_costs_no_request(aixsss: Seaway, address: str):
    """New replicas are ready and in the balancer before old ones leave."""
    before = {each["id"] for each in aixsss.instances("api")}
    with Load(f"{address}/api/version").running() as load:
        aixsss("restart", "api")

    assert before.isdisjoint(each["id"] for each in aixsss.instances("api"))
    assert load.failures == {}


def test_scaling_out_and_in_under_load_costs_no_request(aixsss: Seaway, address: str):
    """One setting, no gap."""
    with Load(f"{address}/api/version").running() as load:
        aixsss("scale", "api=3")
        assert len(aixsss.instances("api")) == 3
        aixsss("scale", "api=2")

    assert len(aixsss.instances("api")) == 2
    assert load.failures == {}


def test_no_secret_is_in_an_argument_or_a_log(aixsss: Seaway):
    """Everybody on the machine reads arguments; logs travel."""
    values = _environment(aixsss.instances("api")[0]["pid"])
    rings = values[b"JWT_SECRET"] + b"," + values[b"API_KEY_ENCRYPTION_KEY"]
    secrets = [each.rpartition(b":")[2] for each in rings.split(b",")]
    secrets.append(re.findall(rb"://[^:]+:([^@]+)@", values[b"DATABASE_URL"])[0])
    secrets.append(_environment(aixsss.instances("worker")[0]["pid"])[b"AI_API_KEY"])
    assert min(map(len, secrets)) > 15

    for process in own_processes(aixsss.state):
        arguments = Path(f"/proc/{process}/cmdline").read_bytes()
        assert not [each for each in secrets if each in arguments]
    for file in aixsss.state.rglob("*"):
        if file.is_file() and "volumes" not in file.parts and not file.is_symlink():
            body = file.read_bytes()
            assert not [each for each in secrets if each in body], file


def _environment(pid: int) -> dict[bytes, bytes]:
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    return dict(each.split(b"=", 1) for each in environ.split(b"\0") if b"=" in each)


def test_every_port_is_on_the_loopback(aixsss: Seaway):
    """Nothing of a laptop's stack is offered to the network."""
    pids = own_processes(aixsss.state)
    inodes = {
        link.rpartition("[")[2].rstrip("]")
        for pid in pids for link in _links(pid) if link.startswith("socket:[")
    }  # fmt: skip
    listening = [
        line.split() for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]  # fmt: skip
    local = {
        fields[1].split(":")[0] for fields in listening if fields[3] == "0A" and fields[9] in inodes
    }

    assert local == {"0100007F"}


def _links(pid: int) -> list[str]:
    try:
        return [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []


def test_nothing_runs_as_root(aixsss: Seaway):
    """When Seaway is root, its servers are not, or have no capability outside a namespace."""
    if os.getuid() != 0:
        pytest.skip("Seaway is not root here")
    supervisor = aixsss.status()["supervisor"]
    for pid, command in own_processes(aixsss.state).items():
        if pid == supervisor or "shim.py" in command:
            continue
        facts = Path(f"/proc/{pid}/status").read_text()
        uid = int(re.findall(r"Uid:\s+(\d+)", facts)[0])
        mapped = Path(f"/proc/{pid}/uid_map").read_text().split()[2] != "4294967295"
        assert uid != 0 or mapped, command


def test_down_leaves_nothing_and_up_finds_the_data(aixsss: Seaway, client: httpx2.Client):
    """Done when: no process, port or lock is left, and the data is there again."""
    email, _ = signed_up(client)
    ports = [
        int(each.rpartition(":")[2]) for part in aixsss.status()["workloads"]
        for instance in part["instances"] for each in instance["addresses"].values()
    ]  # fmt: skip

    aixsss("down")

    assert own_processes(aixsss.state) == {}
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    aixsss("status", status=7)
    aixsss("up", "-d")
    answer = client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def test_destroying_data_asks_for_the_name_of_the_stack(aixsss: Seaway):
    """A slip of the finger must not cost a database."""
    aixsss("down", "--destroy-data", "wrong-name", status=2)

    assert aixsss.status()["health"] == "healthy"
