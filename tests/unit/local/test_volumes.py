"""Folders that outlive instances."""

import os

import pytest

from seaway.errors import DataRefused
from seaway.model.names import Name
from seaway.model.workload import Command, Role, Volume, Workload
from seaway.targets.local.process import Identity
from seaway.targets.local.state import StateFolder
from seaway.targets.local.volumes import MARKER, Volumes


@pytest.fixture
def state(tmp_path):
    return StateFolder(tmp_path / "stack")


@pytest.fixture
def volumes(state):
    return Volumes(state)


def store(role=Role.STORE):
    return Workload(
        name=Name("db"), component=Name("db"), role=role, volumes=(Volume(name="data"),),
        program=Command(argv=("true",)),
    )  # fmt: skip


def test_a_new_volume_is_empty_and_private(volumes):
    """PostgreSQL refuses a first folder in which there is anything, a marker too."""
    folder = volumes.provide(store(), 0, None)["data"]

    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_same_volume_is_given_again(volumes, state):
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_text("x")

    assert Volumes(state).provide(store(), 0, None)["data"] == folder
    assert (folder / "rows").read_text() == "x"


def test_each_slot_has_a_volume_of_its_own(volumes):
    first = volumes.provide(store(), 0, None)["data"]

    assert volumes.provide(store(), 1, None)["data"] != first


def test_an_empty_volume_may_be_empty_again(volumes):
    """Nothing was lost: a first start that was interrupted must be possible once more."""
    volumes.provide(store(), 0, None)

    assert volumes.provide(store(), 0, None)


@pytest.mark.parametrize("harm", ["volume removed", "data removed", "another volume"])
def test_lost_data_is_noticed(volumes, state, harm):
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_text("x")
    volumes.note_filled(store(), 0)
    match harm:
        case "volume removed":
            folder.parent.rename(folder.parent.with_name("moved"))
        case "data removed":
            (folder / "rows").unlink()
        case "another volume":
            (folder.parent / MARKER).write_text("somebody else")

    with pytest.raises(DataRefused) as refused:
        Volumes(state).provide(store(), 0, None)

    assert refused.value.facts["volume"] == "db/data"


def test_a_restored_volume_is_taken(volumes, state):
    """Copied into a fresh state folder, with its marker: it is welcome."""
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_text("x")
    (state.root / "volumes.json").unlink()

    volumes.provide(store(), 0, None)

    assert (folder / "rows").read_text() == "x"


def test_the_files_of_a_proxy_are_no_data(volumes):
    """They are written anew before each start."""
    folder = volumes.provide(store(Role.PROXY), 0, None)["data"]
    (folder / "proxy.cfg").write_text("x")
    volumes.note_filled(store(Role.PROXY), 0)
    (folder / "proxy.cfg").unlink()

    assert volumes.provide(store(Role.PROXY), 0, None)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_volume_belongs_to_the_one_it_runs_as(volumes):
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_text("x")

    volumes.provide(store(), 0, Identity())

    assert {folder.stat().st_uid, (folder / "rows").stat().st_uid} == {65534}


def test_what_is_kept_is_told_with_its_size(volumes):
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_bytes(b"x" * 100_000)

    [(workload, name, size)] = volumes.sizes()

    assert (workload, name) == ("db", "data")
    assert size >= 100_000


def test_destroyed_data_is_forgotten(volumes):
    """It was given up on purpose: starting empty is right then."""
    folder = volumes.provide(store(), 0, None)["data"]
    (folder / "rows").write_text("x")
    volumes.note_filled(store(), 0)
    volumes.destroy()

    assert list(volumes.provide(store(), 0, None)["data"].iterdir()) == []
