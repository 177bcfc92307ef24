"""Images through a registry: Debian's, on a port of its own, with a password."""

import io
import re
import shutil
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from seaway.errors import StepFailed
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.hosts.registry import Registry, pulled, pushed, there
from tests.docker.test_over_ssh import SSHD, far
from tests.faults.torture.town import free_port

__all__ = ["far"]

PROGRAM = shutil.which("docker-registry")
WORDS = "seaway:$2b$04$XQAlo1MaXSQzJdYQrqNRu.TIMRe6sHPN0NxNpxU7KYBs5kwxg4n4W\n"
"""The user and the bcrypt of the password below, as `htpasswd -B` writes it."""
PASSWORD = "nautilus"
NAME = "seaway/registry-test:one"
SETTINGS = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: seaway, path: {folder}/htpasswd}}}}
"""

pytestmark = [
    pytest.mark.docker,
    pytest.mark.long,
    pytest.mark.skipif(
        not Path(SOCKET).exists() or PROGRAM is None, reason="no engine, or no docker-registry"
    ),
]


@pytest.fixture
def registry(tmp_path):
    """Where it is; it ends with the test."""
    port = free_port()
    (tmp_path / "htpasswd").write_text(WORDS)
    (tmp_path / "config.yml").write_text(SETTINGS.format(folder=tmp_path, port=port))
    argv = (PROGRAM, "serve", str(tmp_path / "config.yml"))
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield f"127.0.0.1:{port}/team"
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture
async def engine():
    """With a small image of our own."""
    made = Engine()
    query = {"fromSrc": "-", "repo": NAME.partition(":")[0], "tag": "one"}
    path, kind = "/images/create", "application/x-tar"
    async for _ in made.stream("POST", path, query=query, body=_pieces(), kind=kind):
        pass
    yield made
    for each in await made.call("GET", "/images/json", query={"filters": {"reference": [NAME]}}):
        await made.call("DELETE", f"/images/{each['Id']}", query={"force": "1"})


async def _pieces():
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        member = tarfile.TarInfo("hello")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))
    yield data.getvalue()


async def test_what_was_pushed_is_pulled_by_its_digest(registry, engine):
    """A tag may be moved by anybody who may push; a release must stay what it was."""
    place = Registry(at=registry, user="seaway", password=PASSWORD)
    before = (await engine.call("GET", f"/images/{NAME}/json"))["RootFS"]

    reference = await pushed(engine, place, NAME)
    [names] = [
        each["RepoTags"] for each in await engine.call("GET", "/images/json")
        if NAME in (each["RepoTags"] or ())
    ]  # fmt: skip
    await engine.call("DELETE", f"/images/{NAME}")
    gone = not await there(engine, reference)
    await pulled(engine, place, reference)
    after = (await engine.call("GET", f"/images/{reference}/json"))["RootFS"]
    await engine.call("DELETE", f"/images/{reference}", query={"force": "1"})

    assert reference.startswith(f"{registry}/registry-test@sha256:")
    assert names == [NAME]
    assert gone
    assert after == before


async def test_who_does_not_know_the_password_is_told_what_the_registry_says(registry, engine):
    with pytest.raises(StepFailed) as refused:
        await pushed(engine, Registry(at=registry, user="seaway", password="wrong"), NAME)

    assert refused.value.code == "SW242"
    assert "wrong" not in str(refused.value.facts)


@pytest.mark.skipif(not Path(SSHD).exists(), reason="no sshd")
def test_a_host_runs_what_it_pulled(registry, far):
    """Its releases name images by digests, and the password stays where it was typed."""
    far.known()
    settings = f"{{at: {registry}, user: seaway, password: secret:REGISTRY_PASSWORD}}"
    more = f"registry: {settings}\nsecrets: {{REGISTRY_PASSWORD: }}\n"
    file = far.stack / "seaway.yaml"
    file.write_text(file.read_text() + more)

    refused = far.call("deploy", "-y", status=2)
    far.call("secrets", "set", "REGISTRY_PASSWORD", stdin=PASSWORD)
    far.call("deploy", "-y")
    said = far.says()
    noted = [each.read_text() for each in (far.state / "afar@far" / "carried" / "images").iterdir()]
    far.call("down")

    assert "SW243" in refused
    assert said == "one"
    assert noted
    assert all(re.fullmatch(rf"{registry}/\w+@sha256:\w{{64}}", each) for each in noted), noted
    assert "REGISTRY_PASSWORD" not in far.call("secrets", "list")
