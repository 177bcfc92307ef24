"""Images that a Docker engine builds; the engine and its base image come from tools/engine."""

import json
import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from cyclonedx import schema
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from seaway.errors import StepFailed
from seaway.model.names import Name
from seaway.model.workload import Build, Command, Workload
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.images.bases import PYTHON
from seaway.targets.docker.images.building import Order, built
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.images.images import Images
from seaway.targets.local.builds import Builds
from seaway.targets.local.sources import build_fingerprint
from seaway.targets.local.state import StateFolder


def there(image: str) -> bool:
    asked = ("docker", "image", "inspect", image)
    return subprocess.run(asked, capture_output=True, timeout=20, check=False).returncode == 0


LOOK = """
import importlib.util, os, pathlib, shop
print(os.getuid(), shop.VERSION, os.path.exists(shop.__cached__))
print(sorted(os.listdir("/app")))
files = (each for top in ("/app", "/opt") for each in pathlib.Path(top).rglob("*"))
found = [str(each) for each in files if each.is_file() and b"canary" in each.read_bytes()]
print(found, importlib.util.find_spec("pip"))
"""
"""Who it is, what lies there, and whether anything secret or for building does."""

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not there(PYTHON), reason="no engine with the base image"
    ),
]


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def state(tmp_path):
    folder = StateFolder(tmp_path / "state" / "shop")
    folder.root.mkdir(parents=True)
    yield folder
    for label in (f"source={tmp_path}/api", "stage=shop-api", "stage=shop-api source"):
        listed = ("docker", "images", "--quiet", "--filter", f"label=seaway.{label}")
        found = subprocess.run(listed, capture_output=True, text=True, timeout=60, check=True)
        for image in found.stdout.split():
            subprocess.run(("docker", "rmi", image), capture_output=True, timeout=60, check=False)


@pytest.fixture
def images(engine, state, tmp_path):
    outside = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return Images(engine, state, outside, Builds(state, outside))


@pytest.fixture
def project(tmp_path):
    """Of a user: a program with one package, and things that do not belong into an image."""
    folder = tmp_path / "api"
    (folder / "shop").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "shop" / "__init__.py").write_text("import click\nVERSION = click.__name__\n")
    (folder / "requirements.txt").write_text("click==8.5.1\n")
    (folder / ".env").write_text("PASSWORD=canary-3f1c\n")
    (folder / ".git" / "config").write_text("canary-3f1c\n")
    return folder


def workload(project: Path) -> Workload:
    build = Build(folder=str(project))
    build = replace(build, fingerprint=build_fingerprint(build))
    program = Command(argv=("python", "-m", "shop"), build=build)
    return Workload(name=Name("api"), component=Name("api"), program=program)


def ran(image: str, *argv: str) -> str:
    """As strictly as the target runs it."""
    strictly = ("--rm", "--read-only", "--cap-drop", "ALL", "--network", "none")
    done = subprocess.run(
        ("docker", "run", *strictly, image, *argv), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    return done.stdout.strip() + done.stderr.strip()


async def test_a_program_gets_an_image_with_its_packages_and_without_secrets(
    images, project, state
):
    api = workload(project)

    image = await images.ensure(api)

    assert ran(image, "python", "-c", LOOK).split("\n") == [
        "10001 click True", "['requirements.txt', 'shop']", "[] None"
    ]  # fmt: skip
    assert valid((state.root / "images" / f"{image[7:23]}.cdx.json").read_text()) >= {
        "pkg:pypi/click@8.5.1"
    }


async def test_going_back_needs_neither_the_source_nor_a_build(images, project):
    old = workload(project)
    first = await images.ensure(old)
    (project / "shop" / "__init__.py").write_text("VERSION = 'new'\n")
    second = await images.ensure(workload(project))
    (project / "shop" / "__init__.py").unlink()

    assert await images.ensure(old) == first != second


async def test_what_is_not_the_source_of_the_release_is_not_built(images, project):
    api = workload(project)
    (project / "shop" / "__init__.py").write_text("VERSION = 'another'\n")

    with pytest.raises(StepFailed) as failed:
        await images.ensure(api)

    assert failed.value.code == "SW281"


async def test_the_same_source_makes_the_same_layers(images, project, engine):
    """Who builds it again can tell that nothing was added to it."""
    first = await images.ensure(workload(project))
    contents = await images._source_contents(Build(folder=str(project)), "")
    with tempfile.TemporaryFile() as data:
        contents.context.write(data)
        anew = {"PIP_NO_INDEX": "1"}
        order = Order(context=data, tag="seaway/anew:1", labels={}, arguments=anew, fresh=True)
        second = await built(engine, order, print)

    assert first != second
    assert await layers(engine, first) == await layers(engine, second)
    await engine.call("DELETE", f"/images/{second}", query={"force": "1"})


async def test_a_step_that_fails_is_named(engine):
    context = Context(files={"Dockerfile": f"FROM {PYTHON}\nRUN echo why && false\n".encode()})
    with tempfile.TemporaryFile() as data:
        context.write(data)
        order = Order(context=data, tag="seaway/none:1", labels={})
        with pytest.raises(StepFailed) as failed:
            await built(engine, order, print)

    assert failed.value.code == "SW269"
    assert failed.value.facts["step"] == "RUN echo why && false"
    assert "why" in str(failed.value.facts["output"])


async def test_an_image_that_cannot_be_fetched_is_named_with_the_registry_asked(images, project):
    api = workload(project)
    given = replace(api.program, build=None, image="localhost:1/none:2")

    with pytest.raises(StepFailed) as failed:
        await images.ensure(replace(api, program=given))

    assert failed.value.code == "SW265"
    assert failed.value.facts["image"] == "localhost:1/none:2"


async def layers(engine: Engine, image: str) -> object:
    return (await engine.call("GET", f"/images/{image}/json"))["RootFS"]["Layers"]


def valid(text: str) -> set[str]:
    """What a bill lists, by package URL; it follows its schema."""
    folder = Path(schema.__file__).parent / "_res"
    named = {each.name: json.loads(each.read_text()) for each in folder.glob("*.schema.json")}
    start = "http://cyclonedx.org/schema/"
    registry = Registry().with_resources(
        (f"{start}{name}", Resource.from_contents(told)) for name, told in named.items()
    )
    bill = json.loads(text)
    Draft7Validator(named["bom-1.6.SNAPSHOT.schema.json"], registry=registry).validate(bill)
    return {each["purl"] for each in bill["components"] if "purl" in each}
