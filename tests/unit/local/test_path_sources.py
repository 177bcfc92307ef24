"""A Python project is made with the projects that it names by path."""

from pathlib import Path

import pytest

from seaway.model.workload import Build
from seaway.targets.local.builds import Builds
from seaway.targets.local.path_sources import PathSource, path_sources
from seaway.targets.local.sources import build_fingerprint
from seaway.targets.local.state import StateFolder

PROJECT = "[build-system]\n[project]\nname = '{name}'\n[tool.uv.sources]\n{sources}\n"


def project(folder: Path, *sources: str) -> Path:
    folder.mkdir(parents=True)
    text = PROJECT.format(name=folder.name, sources="\n".join(sources))
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.fixture
def api(tmp_path):
    """A project that links to one, which copies another, which names the first again."""
    project(tmp_path / "packages/jobs", 'tools = {path = "../tools"}')
    project(tmp_path / "packages/tools", 'api = {path = "../../stack/api", editable = true}')
    return project(tmp_path / "stack/api", 'jobs = {path = "../../packages/jobs", editable = true}')


@pytest.fixture
def builds(tmp_path):
    return Builds(StateFolder(tmp_path / "state"), {"PATH": "/usr/bin"})


def test_they_are_found_however_far_away(api, tmp_path):
    packages = tmp_path / "packages"

    assert path_sources(api) == (
        PathSource(packages / "jobs", editable=True),
        PathSource(packages / "tools", editable=False),
    )


def test_what_is_no_folder_and_what_cannot_be_read_names_none(tmp_path):
    given = (
        'a = {git = "https://a.test"}', 'b = {path = "gone"}', 'c = [{path = "in"}, {index = "x"}]',
    )  # fmt: skip
    folder = project(tmp_path / "app", *given)
    inner = project(folder / "in", "this is = no toml")

    assert path_sources(folder) == (PathSource(inner, editable=False),)


def test_a_change_in_one_of_them_is_a_change_of_the_source(api, tmp_path):
    """Else `up` would not start again what runs the code of a package beside it."""
    before = build_fingerprint(Build(folder=str(api)))

    (tmp_path / "packages/jobs/queue.py").write_text("x = 1\n")

    assert build_fingerprint(Build(folder=str(api))) != before


@pytest.mark.parametrize(
    ("file", "made_anew"),
    [
        ("jobs/pyproject.toml", True),  # it may ask for other packages now
        ("jobs/queue.py", False),  # the environment links to it
        ("tools/tools.py", True),  # the environment holds a copy
    ],
)
def test_an_environment_is_made_anew_when_what_it_holds_of_them_changes(
    api, tmp_path, builds, file, made_anew
):
    before = builds.environment(Build(folder=str(api)))
    changed = tmp_path / "packages" / file

    changed.write_text((changed.read_text() if changed.exists() else "") + "\n# more\n")

    assert (builds.environment(Build(folder=str(api))) != before) is made_anew
