"""How things are built, and whether they can be."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.errors import StepFailed
from seaway.model.workload import Build
from seaway.targets.local.builds import Builds, python_commands
from seaway.targets.local.preflight import same_version
from seaway.targets.local.state import StateFolder
from seaway.targets.local.tools import missing_tools

OUTSIDE = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def builds(tmp_path):
    return Builds(StateFolder(tmp_path / "stack"), OUTSIDE)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def programs(commands):
    return [argv[1:3] for argv, _ in commands]


def test_a_lock_file_decides_what_is_installed(source):
    (source / "pyproject.toml").write_text("[project]\n")
    (source / "uv.lock").touch()

    [make, (sync, env)] = python_commands(Path("uv"), source, Path("/e"))

    assert make[0][1] == "venv"
    assert sync[1:2] + sync[3:5] == ("sync", "--frozen", "--no-dev")
    assert env == {"UV_PROJECT_ENVIRONMENT": "/e"}


def test_a_project_that_can_be_installed_is_linked(source):
    """Its source may change without a new environment."""
    (source / "pyproject.toml").write_text("[build-system]\n[project]\n")

    [_, (install, _)] = python_commands(Path("uv"), source, Path("/e"))

    assert install[-2:] == ("--editable", str(source))


@pytest.mark.parametrize("file", ["requirements.txt", "pyproject.toml"])
def test_else_its_dependencies_are_installed(source, file):
    (source / file).write_text("")

    [_, (install, _)] = python_commands(Path("uv"), source, Path("/e"))

    assert install[-2:] == ("--requirement", str(source / file))


@pytest.mark.parametrize(
    ("outside", "index"),
    [
        ({"PIP_INDEX_URL": "https://mirror.test/simple"}, "https://mirror.test/simple"),
        ({"UV_DEFAULT_INDEX": "https://own.test/simple", "PIP_INDEX_URL": "https://no"}, None),
        ({}, "https://file.test/simple"),
    ],
)
async def test_uv_uses_the_mirror_that_pip_uses_and_trusts_whom_the_machine_trusts(
    tmp_path, outside, index
):
    """Behind a mirror or a certificate of the company's own, a first start must not fail."""
    config = tmp_path / ".config/pip/pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = https://file.test/simple\n")
    home = {**OUTSIDE, "HOME": str(tmp_path)}
    builds = Builds(StateFolder(tmp_path / "stack"), {**home, **outside})

    told = await builds.network()

    assert told["UV_SYSTEM_CERTS"] == "true"
    assert told.get("UV_DEFAULT_INDEX") == index


def test_a_folder_without_a_project_needs_nothing(builds, source):
    assert builds.environment(Build(folder=str(source))) is None


def test_an_environment_is_shared_until_the_project_changes(builds, source):
    (source / "requirements.txt").write_text("a\n")
    build = Build(folder=str(source), fingerprint="1")
    first = builds.environment(build)
    assert builds.environment(Build(folder=str(source), fingerprint="2")) == first

    (source / "requirements.txt").write_text("b\n")

    assert builds.environment(build) != first


async def test_a_build_is_made_once_for_each_state_of_its_source(builds, source):
    command = "mkdir -p out && date >> log && cp log out/"
    build = Build(folder=str(source), command=command, output=str(source / "out"), fingerprint="1")
    await builds.make(build)
    _, first = await builds.make(build)
    changed = Build(
        folder=str(source), command=command, output=str(source / "out"), fingerprint="2"
    )
    _, second = await builds.make(changed)

    assert first != second
    assert len((first / "log").read_text().splitlines()) == 1
    assert len((second / "log").read_text().splitlines()) == 2


async def test_a_command_without_an_output_is_run_once_too(builds, source):
    build = Build(folder=str(source), command="date >> log", fingerprint="1")
    await builds.make(build)
    await builds.make(build)

    assert len((source / "log").read_text().splitlines()) == 1


async def test_a_build_that_makes_nothing_is_a_failure(builds, source):
    build = Build(folder=str(source), command="true", output=str(source / "out"))
    with pytest.raises(StepFailed) as failed:
        await builds.make(build)

    assert failed.value.code == "SW260"


async def test_an_output_that_is_younger_than_its_source_is_good_without_tools(builds, source):
    """Somebody built it elsewhere and brought it here."""
    (source / "main.js").write_text("x")
    os.utime(source / "main.js", (1_000, 1_000))
    (source / "out").mkdir()
    (source / "out" / "index.html").write_text("built")
    build = Build(
        folder=str(source), command="no-such-tool run build", output=str(source / "out"),
        fingerprint="1",
    )  # fmt: skip
    assert builds.up_to_date(build)

    _, copy = await builds.make(build)

    assert (copy / "index.html").read_text() == "built"


def test_an_output_that_is_older_than_its_source_is_not(builds, source):
    (source / "out").mkdir()
    (source / "out" / "index.html").write_text("built")
    os.utime(source / "out" / "index.html", (1_000, 1_000))
    (source / "main.js").write_text("x")

    assert not builds.up_to_date(
        Build(folder=str(source), command="x", output=str(source / "out"), fingerprint="1")
    )


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("no-npm ci && no-npm run build", ("no-npm",)), ("ls | cat", ()),
        ("cd web; no-make", ("no-make",)), ("A=1 no-tool", ("no-tool",)), ("./build.sh", ()),
        ("$TOOL x", ()), ("", ()),
        ("(no-a || true)", ("no-a",)), ("echo 'unfinished", ()),
    ],
)  # fmt: skip
def test_missing_tools_are_known_before_anything_starts(command, missing):
    assert missing_tools(command, OUTSIDE) == missing


@given(st.text())
def test_whatever_a_command_is_looking_at_it_does_no_harm(command):
    missing_tools(command, OUTSIDE)


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [("16", "16.4", True), ("16.4", "16.4", True), ("16", "18.6", False), ("1", "16.4", False),
     ("16.4.1", "16.4", False)],
)  # fmt: skip
def test_a_version_is_compared_as_far_as_it_was_written(wanted, found, same):
    assert same_version(wanted, found) is same
