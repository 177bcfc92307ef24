"""The source of a release is kept as it was: going back needs nothing but the state."""

import os
import sys
from dataclasses import replace

import pytest

from seaway.errors import StepFailed
from seaway.model.workload import Build
from seaway.targets.local.builds import KEPT_UNUSED, LATEST_KEPT, Builds
from seaway.targets.local.sources import build_fingerprint
from seaway.targets.local.state import StateFolder


@pytest.fixture
def state(tmp_path):
    return StateFolder(tmp_path / "stack")


@pytest.fixture
def builds(state):
    return Builds(state, {"PATH": "/usr/bin:/bin"})


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "app.py").write_text("1")
    (folder / "inner" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "inner" / "run.sh").chmod(0o700)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "big.js").write_text("big")
    (folder / "beside").symlink_to("../elsewhere")
    return folder


def stamped(folder):
    build = Build(folder=str(folder))
    return replace(build, fingerprint=build_fingerprint(build))


async def test_what_is_changed_afterwards_is_not_changed_in_it(builds, source):
    build = stamped(source)

    kept = await builds.keep_source(build, None)
    (source / "app.py").write_text("2")

    assert (kept / "app.py").read_text() == "1"
    assert os.access(kept / "inner" / "run.sh", os.X_OK)
    assert not (kept / ".git").exists()
    assert (kept / "node_modules" / "big.js").samefile(source / "node_modules" / "big.js")
    assert (kept / "beside").readlink() == source.parent / "elsewhere"
    assert await builds.keep_source(build, None) == kept


async def test_a_source_that_is_not_kept_and_not_there_is_refused(builds, source):
    """Something else under the name of a release would be a lie."""
    build = stamped(source)
    (source / "app.py").write_text("2")

    with pytest.raises(StepFailed, match="SW281"):
        await builds.keep_source(build, None)

    assert not list(builds._state.builds.glob("*"))


async def test_an_output_is_kept_already(builds, source):
    build = replace(stamped(source), output=str(source / "dist"))

    assert await builds.keep_source(build, None) is None


async def test_it_runs_in_the_environment_of_its_own_time(builds, source, state):
    """What its folder asks for by now would be another one."""
    (source / "requirements.txt").write_text("")
    build = stamped(source)
    environment = builds.environment(build)
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    await builds.keep_source(build, environment)

    (source / "requirements.txt").write_text("rich")

    assert builds.environment(build) == environment
    assert builds.environment(stamped(source)) != environment


async def test_as_many_are_kept_as_releases_are_recorded_however_old_they_are(builds, source):
    """Each recorded release can be gone back to."""
    kept = []
    for number in range(LATEST_KEPT + 2):
        (source / "app.py").write_text(f"version {number}")
        kept.append(await builds.keep_source(stamped(source), None))
        at = (kept[-1] / ".complete").stat().st_mtime - 2 * KEPT_UNUSED + number
        os.utime(kept[-1] / ".complete", (at, at))

    builds.remove_unused(())

    assert [each.exists() for each in kept] == [False] * 2 + [True] * LATEST_KEPT
