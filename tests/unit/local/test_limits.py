"""Control groups of version 2, written into a folder that stands for theirs.

The kernel of a machine has one version or the other: what it makes of them is tested in `faults`.
"""

import pytest

from seaway.targets.local import limits


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A file system of version 2 in which this process is two levels down."""
    mount = tmp_path / "cgroup"
    own = mount / "user.slice" / "terminal.scope"
    own.mkdir(parents=True)
    (mount / "cgroup.controllers").write_text("cpu memory pids\n")
    (mount / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (mount / "user.slice" / "cgroup.subtree_control").write_text("memory pids\n")
    monkeypatch.setattr(limits, "MOUNT", str(mount))
    monkeypatch.setattr(limits, "_places", lambda: {"": "/user.slice/terminal.scope"})
    return mount


def test_limits_become_the_files_of_version_two(two):
    groups = limits.grouped("seaway-web", cpu=1.5, memory=1 << 30, pids=64)

    [folder] = groups.folders
    read = {path.name: path.read_text() for path in (two / folder).iterdir()}
    assert read == {"cpu.max": "150000 100000", "memory.max": "1073741824", "pids.max": "64"}
    assert groups.missing == frozenset()


def test_without_any_limit_there_is_a_group_all_the_same(two):
    """It tells for sure who belongs to the tree."""
    groups = limits.grouped("seaway-web", cpu=0, memory=0, pids=0)

    assert groups.folders == [str(two / "user.slice/terminal.scope/seaway-web")]
    assert groups.take(1)
    assert limits.members(groups.folders[0]) == [1]


def test_where_a_group_may_have_no_limited_child_the_one_above_is_taken(two, monkeypatch):
    """A group with processes in it cannot give limits to its children (cgroups(7))."""
    put = limits._put

    def refusing(folder, name, text):
        if folder.endswith("terminal.scope") and name == "cgroup.subtree_control":
            raise OSError(16, "busy")
        put(folder, name, text)

    monkeypatch.setattr(limits, "_put", refusing)

    groups = limits.grouped("seaway-web", cpu=0, memory=1 << 20, pids=0)

    assert groups.folders == [str(two / "user.slice/seaway-web")]


def test_what_killed_a_member_is_read_from_its_group(two):
    groups = limits.grouped("seaway-web", cpu=0, memory=1 << 20, pids=0)
    events = two / groups.folders[0] / "memory.events"

    assert not groups.out_of_memory()
    events.write_text("low 0\noom 1\noom_kill 0\n")
    assert not groups.out_of_memory()
    events.write_text("low 0\noom 1\noom_kill 1\n")
    assert groups.out_of_memory()


def test_where_nothing_can_be_made_all_limits_are_missing(monkeypatch):
    monkeypatch.setattr(limits, "MOUNT", "/nowhere")

    groups = limits.grouped("seaway-web", cpu=1, memory=1, pids=1)

    assert groups.missing == {"cpu", "memory", "pids"}
    assert groups.folders == []
    assert groups.remove()
