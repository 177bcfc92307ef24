"""The parts of a rendered project, each asked by the tool that will read it."""

import base64
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.text import Host, Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Command, Workload
from seaway.ports.component import SecretNeed
from seaway.targets.docker.images.recipe import Recipe, dockerfile
from seaway.targets.docker.rendering import health
from seaway.targets.docker.rendering.image import required
from seaway.targets.docker.rendering.project import COMPOSE, HEAD, Project
from seaway.targets.docker.rendering.secret_files import secret_script
from seaway.targets.docker.rendering.surroundings import surroundings
from seaway.targets.docker.rendering.yaml_text import yaml_text

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
SCALARS = TEXTS | st.booleans() | st.integers(-(2**40), 2**40)
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_what_is_written_is_read_as_it_was_meant(value):
    assert (yaml.safe_load(yaml_text(value)) or {}) == value


WEIRD = "a'b\"c $HOME `id` \\ %&/:@#é漢"
DB = Workload(name=Name("db"), component=Name("db"), program=Command(argv=("db",)),
              ports={"sql": 5432})  # fmt: skip


def environment(text, tmp_path):
    """What a program finds, told by a real shell; secrets are files beside it."""
    api = Workload(name=Name("api"), component=Name("api"), program=Command(argv=("api",)),
                   env={"FOUND": text})  # fmt: skip
    found = surroundings(api, Release(stack=Name("shop"), workloads=(DB, api)))
    (tmp_path / "pass.word").write_text(WEIRD)
    script = found.script.replace("/run/secrets", str(tmp_path))
    (tmp_path / "env.sh").write_text(script)
    told = subprocess.run(
        ("sh", "-euc", '. "$0"; printf %s "$FOUND"', tmp_path / "env.sh"), text=True,
        env={"PATH": "/usr/bin:/bin", "HOSTNAME": "0a1b"}, capture_output=True, timeout=20,
        check=True,
    )  # fmt: skip
    return found, told.stdout


def test_a_secret_comes_whole_through_the_shell(tmp_path):
    found, told = environment(Text.of(f"<{WEIRD}>", Secret(name="pass.word")), tmp_path)

    assert WEIRD not in found.script.replace("'\\''", "'").partition("<")[0]
    assert told == f"<{WEIRD}>{WEIRD}"
    assert found.secrets == ("pass.word",)


def test_a_secret_in_an_address_is_encoded(tmp_path):
    text = Text.of(
        "pg://app:", Secret(name="pass.word", quoted=True), "@", Host(workload=Name("db")), ":",
        Port(workload=Name("db"), port="sql"), "/x",
    )  # fmt: skip
    _, told = environment(text, tmp_path)
    head, _, tail = told.partition("@")

    assert unquote(head.removeprefix("pg://app:")) == WEIRD
    assert head.isascii()
    assert tail == "db:5432/x"


def test_each_copy_has_a_name_of_its_own(tmp_path):
    assert environment(Text.of("api-", Own(what="instance")), tmp_path)[1] == "api-0a1b"


def test_the_file_of_a_secret_is_named_and_not_read():
    api = Workload(name=Name("api"), component=Name("api"), program=Command(argv=("api",)),
                   env={"FILE": Text.of(SecretFile(name="KEY"))})  # fmt: skip
    found = surroundings(api, Release(stack=Name("shop"), workloads=(api,)))

    assert (found.plain, found.script) == ({"FILE": "/run/secrets/KEY"}, "")


NEEDS = (
    SecretNeed(name="TEXT", generate=24), SecretNeed(name="RING", generate=24, keep=2),
    SecretNeed(name="HEX", generate=16, form="hex"),
    SecretNeed(name="BASE", generate=32, form="base64"),
    SecretNeed(name="KEY", generate=2048, form="rsa", public="PUBLIC"), SecretNeed(name="PUBLIC"),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "secrets.sh").write_text(secret_script(NEEDS, ("shop.example.com",)))
    return tmp_path


def written(folder):
    argv = ("sh", folder / "secrets.sh")
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


def test_secrets_are_made_by_their_rules_and_only_once(folder):
    done = written(folder)
    made = {each.name: each.read_text() for each in (folder / "secrets").iterdir()}

    assert (done.returncode, done.stderr) == (0, "")
    assert (len(made["TEXT"]), made["RING"][:3], len(made["RING"])) == (24, "k1:", 27)
    assert len(bytes.fromhex(made["HEX"])) == 16
    assert len(base64.b64decode(made["BASE"], validate=True)) == 32
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert written(folder).returncode == 0
    assert made == {each.name: each.read_text() for each in (folder / "secrets").iterdir()}


def test_its_keys_are_those_that_seaway_makes(folder):
    """A key pair in DER, and a certificate for the host with its key behind it."""
    from cryptography import x509  # noqa: PLC0415 -- slow to load
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- slow to load

    written(folder)
    made = {each.name: each.read_bytes() for each in (folder / "secrets").iterdir()}
    key = serialization.load_der_private_key(base64.b64decode(made["KEY"]), None)
    public = serialization.load_der_public_key(base64.b64decode(made["PUBLIC"]))
    sealed = made["certificate-shop.example.com"]
    names = x509.load_pem_x509_certificate(sealed).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )

    assert key.public_key() == public
    assert "shop.example.com" in names.value.get_values_for_type(x509.DNSName)
    assert serialization.load_pem_private_key(sealed, None)


def test_what_only_a_person_has_is_asked_for(tmp_path):
    (tmp_path / "secrets.sh").write_text(secret_script((SecretNeed(name="PARTNER"),), ()))
    done = written(tmp_path)

    assert done.returncode == 1
    assert done.stderr == "write it yourself: secrets/PARTNER\n"


@pytest.mark.parametrize("hosts", [(), ("shop.example.com",)])
def test_no_rule_of_shellcheck_is_broken(hosts, tmp_path):
    file = tmp_path / "secrets.sh"
    file.write_text(secret_script((*NEEDS, SecretNeed(name="PARTNER")), hosts))
    program = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run((program, file), capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == ""


def test_no_rule_of_hadolint_is_broken_with_folders_for_volumes(tmp_path):
    recipe = Recipe(
        base="python:3.11-slim", title="x", packages=True, folders=("/data/a", "/data/b")
    )
    (tmp_path / "Dockerfile").write_text(dockerfile(recipe))
    program = Path(sys.executable).with_name("hadolint")
    argv = (program, tmp_path / "Dockerfile")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_what_an_index_has_keeps_its_hashes_and_what_this_machine_has_is_left_out():
    lock = (
        "-e ../library\nown @ file:///somewhere\n./beside\n"
        "tomli==2 ; python_version < '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )

    assert required(lock) == (
        "tomli==2 ; python_version < '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.rpartition("/")[2]))
        self.send_header("Location", "/500")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(("status", "good"), [(200, 0), (302, 0), (404, 1), (503, 1)])
def test_health_is_told_by_the_status(status, good):
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        argv = (sys.executable, "-E", "-S", health.__file__)
        port = str(server.server_address[1])
        asked = subprocess.run((*argv, "http", port, f"/{status}", "5"), check=False, timeout=20,
                               capture_output=True)  # fmt: skip
        tcp = subprocess.run((*argv, "tcp", port, "5"), check=False, timeout=20)
        server.shutdown()

    assert (asked.returncode, tcp.returncode) == (good, 0)
    after = subprocess.run((*argv, "tcp", port, "5"), check=False, timeout=20, capture_output=True)
    assert (after.returncode, b"refused" in after.stderr) == (1, True)


def test_what_was_broken_off_leaves_what_was_there(tmp_path):
    """Ctrl-C amid a folder that somebody runs a stack by must not leave half of another."""
    there = tmp_path / "out"
    Project(files={COMPOSE: f"{HEAD}one"}).write(there)

    half = Project(files={COMPOSE: f"{HEAD}two"}, copies={"files/a": tmp_path / "missing"})
    with pytest.raises(FileNotFoundError):
        half.write(there)

    assert (there / COMPOSE).read_text() == f"{HEAD}one"
    assert [each.name for each in there.iterdir()] == [COMPOSE]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
