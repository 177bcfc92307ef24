"""The fingerprint of a source folder."""

import os
import shutil

import pytest

from seaway.model.workload import Build
from seaway.targets.local.sources import build_fingerprint, fingerprint, newest


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "main.py").write_text("x = 1\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


@pytest.mark.parametrize("change", ["content", "new file", "renamed", "gone"])
def test_it_changes_with_the_source(source, change):
    before = fingerprint(source)
    main = source / "app" / "main.py"
    match change:
        case "content":
            main.write_text("x = 2\n")
        case "new file":
            (source / "new.py").touch()
        case "renamed":
            main.rename(source / "app" / "other.py")
        case "gone":
            main.unlink()

    assert fingerprint(source) != before


@pytest.mark.parametrize(
    "made", ["__pycache__/main.pyc", "node_modules/x/index.js", ".venv/bin/python", ".git/HEAD",
             "dist/index.html", "app.egg-info/PKG-INFO", "app/main.pyc"],
)  # fmt: skip
def test_what_tools_make_is_no_source(source, made):
    """Else a build would ask for the next one."""
    before = fingerprint(source)
    (source / made).parent.mkdir(parents=True, exist_ok=True)
    (source / made).write_text("x")

    assert fingerprint(source) == before


def test_what_the_build_makes_is_no_source_whatever_it_is_called(source):
    build = Build(folder=str(source), command="make", output=str(source / "site"))
    before = build_fingerprint(build)
    (source / "site").mkdir()
    (source / "site" / "index.html").write_text("x")

    assert build_fingerprint(build) == before


def test_a_fresh_checkout_is_the_same_source(source, tmp_path):
    """Times and folders differ from machine to machine; the source does not."""
    shutil.copytree(source, tmp_path / "copy")
    os.utime(tmp_path / "copy" / "pyproject.toml", (1, 1))

    assert fingerprint(tmp_path / "copy") == fingerprint(source)


def test_a_link_that_leads_nowhere_does_no_harm(source):
    (source / "link").symlink_to("nowhere")

    assert fingerprint(source)


def test_a_folder_that_is_not_there_has_a_fingerprint_too(tmp_path):
    """That it is missing is said by the check that knows the line."""
    assert fingerprint(tmp_path / "nowhere") == fingerprint(tmp_path / "nowhere-else")


def test_the_newest_file_tells_how_old_a_source_is(source):
    os.utime(source / "app" / "main.py", (5_000_000_000, 5_000_000_000))

    assert newest(source) == 5_000_000_000
