"""What images are made from, without an engine."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from seaway.targets.docker.images import own
from seaway.targets.docker.images.bases import Base, mirrored, split
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.images.pins import pins, written
from seaway.targets.docker.images.recipe import Recipe, dockerfile

LINUX = {
    "implementation_name": "cpython", "implementation_version": "3.11.2", "os_name": "posix",
    "platform_machine": "x86_64", "platform_python_implementation": "CPython",
    "platform_release": "", "platform_system": "Linux", "platform_version": "",
    "python_full_version": "3.11.2", "python_version": "3.11", "sys_platform": "linux",
}  # fmt: skip
LOCK = """\
# by a tool
--index-url https://pypi.example.com/simple
-e ../library
own @ file:///somewhere
./beside
async-timeout==5.0.1 ; python_full_version < '3.11.3' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4.6 ; sys_platform == 'win32' --hash=sha256:cc
Psycopg[binary]==3.3.9 --hash=sha256:dd
"""


@pytest.mark.parametrize("packages", [True, False])
def test_no_rule_of_hadolint_is_broken(packages, tmp_path):
    recipe = Recipe(base="python:3.11-slim", title='a "shop"', packages=packages)
    file = tmp_path / "Dockerfile"
    file.write_text(dockerfile(recipe))

    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run((program, file), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_a_builder_of_docker_20_understands_it():
    """A here-document, a linked copy or a line about syntax would make it fail or fetch."""
    text = dockerfile(Recipe(base="python:3.11-slim", title="shop", packages=True))

    assert not [word for word in ("<<", "--link", "# syntax", "--mount") if word in text]
    assert "USER 10001:10001" in text


def test_only_what_the_platform_needs_is_fetched_and_every_hash_stays():
    found = pins(LOCK, LINUX)

    assert written(found) == (
        "async-timeout==5.0.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "Psycopg[binary]==3.3.9 \\\n    --hash=sha256:dd\n"
    )


def test_a_source_is_sent_without_secrets_and_without_its_history(tmp_path):
    for name in ("main.py", ".env", ".env.local", "tls.key", ".git/config", ".venv/x", "a.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    assert names(tmp_path) == ["app", "app/main.py"]


def test_links_inside_stay_links_and_those_that_lead_out_become_files(tmp_path):
    top, outside = tmp_path / "top", tmp_path / "outside.txt"
    (top / "deep").mkdir(parents=True)
    outside.write_text("from outside")
    (top / "deep" / "here").symlink_to("../real")
    (top / "deep" / "there").symlink_to(outside)
    (top / "deep" / "round").symlink_to(tmp_path)
    (top / "real").write_text("real")

    with sent(top) as tar:
        assert tar.getmember("app/deep/here").linkname == "../real"
        assert tar.extractfile("app/deep/there").read() == b"from outside"


def test_the_same_content_is_the_same_context_whenever_it_was_written(tmp_path):
    for folder, when in ((tmp_path / "one", 1_000_000_000), (tmp_path / "two", 1_500_000_000)):
        folder.mkdir(mode=0o700)
        (folder / "main.py").write_text("print()")
        (folder / "main.py").chmod(0o640)
        os.utime(folder / "main.py", (when, when))

    one, two = (digest(tmp_path / name) for name in ("one", "two"))

    assert one == two
    (tmp_path / "two" / "main.py").write_text("print(1)")
    assert digest(tmp_path / "two") != one


@pytest.mark.parametrize(
    ("name", "at_mirror"),
    [
        ("python:3.11-slim", "m.example.com/library/python:3.11-slim"),
        ("someone/thing", "m.example.com/someone/thing"),
        ("quay.io/someone/thing:1", "quay.io/someone/thing:1"),
        ("localhost:5000/thing:1", "localhost:5000/thing:1"),
    ],
)
def test_a_mirror_stands_in_for_the_usual_registry_alone(name, at_mirror):
    assert mirrored(name, "m.example.com") == at_mirror
    assert mirrored(name, "") == name


def test_the_name_of_an_image_is_taken_apart_at_its_tag_and_not_at_a_port():
    assert split("localhost:5000/thing") == ("localhost:5000/thing", "latest")
    assert split("localhost:5000/thing:1") == ("localhost:5000/thing", "1")
    assert split("python@sha256:ab") == ("python", "sha256:ab")


def test_packages_for_an_older_library_are_taken_too_and_for_a_newer_one_are_not():
    base = Base(name="python", id="1", environment=LINUX, libc="2.31")

    assert base.platforms[0] == "manylinux_2_31_x86_64"
    assert "manylinux_2_17_x86_64" in base.platforms
    assert "manylinux_2_36_x86_64" not in base.platforms


@pytest.mark.parametrize("which", [own.PARTS, own.MODELS, own.MILVUS])
def test_all_that_seaways_own_images_hold_is_fixed_by_hash(which):
    found = pins(own.lock(which), LINUX)

    assert len(found) > 20
    assert all(pin.hashes for pin in found)


def sent(folder: Path) -> tarfile.TarFile:
    data = io.BytesIO()
    Context(folders={"app": folder}).write(data)
    data.seek(0)
    return tarfile.open(fileobj=data)


def names(folder: Path) -> list[str]:
    with sent(folder) as tar:
        return tar.getnames()


def digest(folder: Path) -> str:
    data = io.BytesIO()
    told = Context(folders={"app": folder}).write(data)
    assert told == hashlib.sha256(data.getvalue()).hexdigest()
    return told
