"""Data of a restore and what was there before change places, whenever somebody is killed."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.cli import restoring
from seaway.errors import DataRefused, UsageError
from seaway.model.names import Name
from seaway.model.workload import Command, Role, Volume, Workload
from seaway.targets.local.aside import Aside
from seaway.targets.local.state import StateFolder
from seaway.targets.local.volumes import Volumes

STORES = frozenset({Name("db"), Name("files")})
STEPS = "rename", "replace", "mkdir", "rmdir", "unlink"
MOST = 60
"""More steps than any of it takes."""


class Killed(BaseException):
    """Stands for the signal that nothing can catch."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Before that change of a folder; from there on nothing happens any more."""
    with changing(step, lambda left: left < 0, Killed), suppress(Killed):
        yield


@contextmanager
def changing(step: int, wrong: Callable[[int], bool], error: type[BaseException]) -> Iterator[None]:
    """Changes of folders fail where `wrong` says so of how many were to come before."""
    left = [step]

    def counted(change):
        def done(*words, **more):
            left[0] -= 1
            if wrong(left[0]):
                raise error
            return change(*words, **more)

        return done

    with mock.patch.multiple(os, **{each: counted(getattr(os, each)) for each in STEPS}):
        yield


@pytest.fixture(autouse=True, scope="module")
def quick():
    with mock.patch.object(os, "fsync"):
        yield


def store(name: str) -> Workload:
    return Workload(
        name=Name(name), component=Name(name), role=Role.STORE, volumes=(Volume(name="data"),),
        program=Command(argv=("true",)),
    )  # fmt: skip


def place(root: Path, content: str):
    here = SimpleNamespace(stack=root.name, state=StateFolder(root))
    for name in STORES:
        folder = Volumes(here.state).provide(store(name), 0, None)["data"]
        (folder / "rows").write_text(content)
        Volumes(here.state).note_filled(store(name), 0)
    return here


def content(here) -> dict[str, str]:
    """What servers would find; `refused` where they would not start."""
    found = {}
    for name in sorted(STORES):
        try:
            folder = Volumes(here.state).provide(store(name), 0, None)["data"]
            found[name] = (folder / "rows").read_text()
        except DataRefused as refused:
            found[name] = refused.code
    return found


def all_have(what: str) -> dict[str, str]:
    return dict.fromkeys(sorted(STORES), what)


@pytest.fixture
def places(tmp_path):
    return place(tmp_path / "shop", "before"), place(tmp_path / "shop-restore", "restored")


def test_they_change_places_again_and_again(places):
    here, there = places
    restoring.exchanged(here, there, STORES, "one")
    assert content(here) == all_have("restored")
    restoring.taken_back(here)
    assert content(here) == all_have("before")
    restoring.taken_back(here)
    assert content(here) == all_have("restored")
    restoring.confirmed(here)
    with pytest.raises(UsageError, match="SW851"):
        restoring.taken_back(here)


@given(first=st.integers(0, MOST), then=st.lists(st.integers(0, MOST), max_size=3))
def test_whoever_is_killed_at_it_has_the_way_back(tmp_path_factory, first, then):
    """No server starts on nothing, nothing is lost, and `--back` has what was there before."""
    folder = tmp_path_factory.mktemp("killed")
    here, there = place(folder / "shop", "before"), place(folder / "shop-restore", "restored")
    with killed_at(first):
        restoring.exchanged(here, there, STORES, "one")
    assert set(content(here).values()) <= {"before", "restored", "SW879"}
    change = Aside(here.state).change()
    if change is None or not change.turning:
        assert content(here) in (all_have("before"), all_have("restored"))
        return
    with pytest.raises(UsageError, match="SW879"):
        restoring.confirmed(here)
    for each in then:
        with killed_at(each):
            restoring.taken_back(here)
        assert set(content(here).values()) <= {"before", "restored", "SW879"}
        change = Aside(here.state).change()
        if change and not change.turning:
            assert content(here) == all_have("before")
            return
    restoring.taken_back(here)

    assert content(here) == all_have("before")


@given(step=st.integers(0, MOST))
def test_what_cannot_change_places_is_as_it_was(tmp_path_factory, step):
    """A volume may be a disk of its own, or the disk full."""
    folder = tmp_path_factory.mktemp("refused")
    here, there = place(folder / "shop", "before"), place(folder / "shop-restore", "restored")
    done = True
    with changing(step, lambda left: left == -1, OSError):
        try:
            restoring.exchanged(here, there, STORES, "one")
        except OSError:
            done = False

    assert content(here) == all_have("restored" if done else "before")
    change = Aside(here.state).change()
    assert change is None or not change.turning


def test_a_way_back_that_was_broken_off_is_gone_to_its_end(places):
    """Each store by itself: those that were done stay as they are."""
    for step in range(MOST):
        here, _ = places
        if Aside(here.state).change() is None:
            restoring.exchanged(*places, STORES, "one")
        elif content(here) == all_have("before"):
            restoring.taken_back(here)
        with killed_at(step):
            restoring.taken_back(here)
        if Aside(here.state).change().turning:
            restoring.taken_back(here)
        elif content(here) == all_have("restored"):
            continue  # killed before it had begun
        assert content(here) == all_have("before"), step


def test_one_command_at_a_time_has_what_is_aside(places):
    """Each would remove what the other brings up beside the stack."""
    here, _ = places
    with restoring.alone(here), pytest.raises(UsageError, match="SW880"), restoring.alone(here):
        pass
    with restoring.alone(here):
        pass
