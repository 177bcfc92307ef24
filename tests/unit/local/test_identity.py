"""As whom servers run when Seaway is root, and packages such a user can reach."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from seaway.targets.local.identity import identity_for, reachable_copy
from seaway.targets.local.process import Identity

root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def place():
    """A folder that others can pass; pytest's own is private."""
    folder = Path(tempfile.mkdtemp(prefix="seaway-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def installed(folder, mode=0o755):
    """A package as pip leaves it, with the shared libraries of a wheel beside it."""
    site = folder / "site"
    for name, text in (
        ("server_bin/bin/server", "#!/bin/sh\n"),
        ("server_bin/share/file", "data"),
        ("server_bin.libs/libx.so", "library"),
        ("server_bin-1.2.3.dist-info/METADATA", "Name: server-bin"),
    ):
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (site / "server_bin/bin/server").chmod(mode)
    return site / "server_bin"


def test_who_is_not_root_stays_who_he_is(place, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert identity_for([place]) is None
    assert reachable_copy(place, place / "cache") == place


@root_only
def test_what_others_can_read_is_run_by_nobody(place):
    server = installed(place) / "bin/server"

    assert identity_for([server]) == Identity()


@root_only
def test_below_a_private_folder_a_namespace_is_needed(place):
    server = installed(place) / "bin/server"
    (place / "site").chmod(0o700)

    assert identity_for([server]) == Identity(namespace=True)


@root_only
def test_a_program_that_others_cannot_read_needs_a_namespace(place):
    server = installed(place, mode=0o700) / "bin/server"

    assert identity_for([server]) == Identity(namespace=True)


@root_only
def test_a_link_in_a_private_folder_does_not_count_as_where_it_leads(place):
    """A Python environment has one: its interpreter is a link to the machine's own."""
    private = place / "environment"
    private.mkdir(mode=0o700)
    link = private / "python"
    link.symlink_to(installed(place) / "bin/server")

    assert identity_for([link]) == Identity(namespace=True)


@root_only
def test_a_folder_that_is_private_or_not_there_yet_can_be_handed_over(place):
    data = place / "data"
    data.mkdir(mode=0o700)

    assert identity_for([data, place / "later" / "data"]) == Identity()


@root_only
def test_a_package_that_others_can_reach_is_left_where_it_is(place):
    package = installed(place)

    assert reachable_copy(package, place / "cache") == package


@root_only
def test_a_package_below_a_private_folder_is_copied_with_its_libraries(place):
    package = installed(place)
    (place / "site").chmod(0o700)

    copy = reachable_copy(package, place / "cache")

    assert copy == place / "cache" / "server_bin-1.2.3" / "server_bin"
    assert (copy.parent / "server_bin.libs/libx.so").read_text() == "library"
    assert identity_for([copy / "bin/server", copy / "share/file"]) == Identity()
    assert (copy / "share/file").stat().st_ino == (package / "share/file").stat().st_ino
    assert reachable_copy(package, place / "cache") == copy
    assert [path.name for path in (place / "cache").iterdir()] == ["server_bin-1.2.3"]


@root_only
def test_files_that_others_cannot_read_become_readable_in_the_copy_only(place):
    package = installed(place, mode=0o700)
    (place / "site").chmod(0o700)

    copy = reachable_copy(package, place / "cache")

    assert (copy / "bin/server").stat().st_mode & 0o777 == 0o755
    assert (package / "bin/server").stat().st_mode & 0o777 == 0o700
