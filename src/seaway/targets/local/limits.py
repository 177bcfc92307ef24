"""Limits of a process tree: control groups of version 2 or 1, else watching its memory."""

from __future__ import annotations

import os

MOUNT = "/sys/fs/cgroup"
PERIOD = 100_000
"""Microseconds in which a share of the processors is counted (the kernel's default)."""
NOT_EVERYWHERE = {"memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group"}
"""Files that a kernel may be without: no swap is counted, or it is older."""


class Groups:
    """The control groups of one process; none where they cannot be made."""

    def __init__(self, folders: list[str], memory: str, wanted: frozenset[str]) -> None:
        self.folders = folders
        self._memory = memory
        self.wanted = wanted
        self.missing = wanted - _controlled(folders)
        """Limits asked for that no group enforces: `cpu`, `memory`, `pids`."""

    def take(self, pid: int) -> bool:
        """Put a process into them; tell whether it is in all of them now.

        The kernel lets us wait 10 ms for it: it waits until no processor looks at the old place.
        """
        try:
            for folder in self.folders:
                _put(folder, "cgroup.procs", str(pid))
        except OSError:
            return False
        return True

    def out_of_memory(self) -> bool:
        """Tell whether the kernel killed a member for the memory limit."""
        for name in ("memory.events", "memory.oom_control"):
            for line in _lines(f"{self._memory}/{name}") if self._memory else ():
                key, _, count = line.partition(" ")
                if key == "oom_kill" and int(count):
                    return True
        return False

    def forbid_forks(self) -> None:
        """Let no member make another process: who forks faster than we kill would never end."""
        for folder in self.folders:
            for name, text in (("pids.max", "0"), ("cgroup.kill", "1")):
                if _exists(f"{folder}/{name}"):
                    _tried(folder, name, text)

    def remove(self) -> bool:
        """Remove those that are empty; tell whether all are gone."""
        self.folders = [folder for folder in self.folders if not removed(folder)]
        return not self.folders


def grouped(name: str, *, cpu: float, memory: int, pids: int) -> Groups:
    """Make groups with these limits, zero for none; never raises, see `Groups.missing`.

    Also without limits, where that is allowed: a group tells for sure who belongs to a tree.
    """
    settings = {"cpu": cpu > 0, "memory": memory > 0, "pids": pids > 0}
    wanted = frozenset(key for key, asked in settings.items() if asked)
    places = _places()
    if _exists(f"{MOUNT}/cgroup.controllers"):
        texts = _texts_of_two(cpu=cpu, memory=memory, pids=pids)
        for parent in _upwards(MOUNT, places.get("", "/")):
            folder = _made_in_two(f"{parent}/{name}", texts, wanted)
            if folder:
                return Groups([folder], folder if memory else "", wanted)
        return Groups([], "", wanted)
    made: dict[str, str] = {}
    for controller, texts in _texts_of_one(cpu=cpu, memory=memory, pids=pids).items():
        folder = _made_in_one(controller, places.get(controller, "/"), name, texts)
        if folder:
            made[controller] = folder
    return Groups(list(made.values()), made.get("memory", ""), wanted)


def named(name: str) -> list[str]:
    """Groups of that name, where this process or one beside it may have made them."""
    places = _places()
    if _exists(f"{MOUNT}/cgroup.controllers"):
        parents = _upwards(MOUNT, places.get("", "/"))
    else:
        parents = [f"{MOUNT}/{each}{place}" for each, place in places.items() if each]
        parents += [f"{MOUNT}/{each}" for each in places if each]
    found = dict.fromkeys(f"{parent.rstrip('/')}/{name}" for parent in parents)
    return [folder for folder in found if _exists(folder)]


def members(folder: str) -> list[int]:
    """Pids in a group; none when it is gone."""
    return [int(line) for line in _lines(f"{folder}/cgroup.procs")]


def removed(folder: str) -> bool:
    """Remove an empty group and those made inside it; tell whether it is gone."""
    try:
        for entry in os.listdir(folder):
            if os.path.isdir(f"{folder}/{entry}"):
                removed(f"{folder}/{entry}")
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def memory_of(roots: list[int], limit: int) -> bool:
    """Tell whether a tree uses more memory than the limit: cheaply first, then exactly."""
    pids = tree(roots)
    if sum(_resident(pid) for pid in pids) <= limit:
        return False  # shared pages are counted for each process: the true sum is smaller
    return sum(_proportional(pid) for pid in pids) > limit


def children_of(pid: int) -> list[int]:
    """Direct children of a process, of all its threads."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        for line in _lines(f"/proc/{pid}/task/{thread}/children"):
            found += map(int, line.split())
    return found


def tree(roots: list[int]) -> list[int]:
    """Those and all their descendants."""
    found = list(roots)
    for pid in found:  # grows while it is walked
        found += children_of(pid)
    return found


def _resident(pid: int) -> int:
    for line in _lines(f"/proc/{pid}/statm"):
        return int(line.split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _proportional(pid: int) -> int:
    for line in _lines(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(pid)  # of another user: the kernel does not tell us more


def _texts_of_two(*, cpu: float, memory: int, pids: int) -> dict[str, str]:
    texts: dict[str, str] = {}
    if cpu:
        texts["cpu.max"] = f"{int(cpu * PERIOD)} {PERIOD}"
    if memory:
        texts |= {"memory.max": str(memory), "memory.swap.max": "0", "memory.oom.group": "1"}
    if pids:
        texts["pids.max"] = str(pids)
    return texts


def _texts_of_one(*, cpu: float, memory: int, pids: int) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {"pids": {"pids.max": str(pids)} if pids else {}}
    if memory:
        names = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        texts["memory"] = dict.fromkeys(names, str(memory))
    if cpu:
        texts["cpu"] = {
            "cpu.cfs_period_us": str(PERIOD),
            "cpu.cfs_quota_us": str(int(cpu * PERIOD)),
        }
    return texts


def _made_in_two(folder: str, texts: dict[str, str], wanted: frozenset[str]) -> str:
    parent = os.path.dirname(folder)
    try:
        given = " ".join(_lines(f"{parent}/cgroup.subtree_control")).split()
        for controller in wanted - set(given):
            _put(parent, "cgroup.subtree_control", f"+{controller}")
        _made(folder)
    except OSError:
        return ""
    return _filled(folder, texts)


def _made_in_one(controller: str, place: str, name: str, texts: dict[str, str]) -> str:
    parent = f"{MOUNT}/{controller}{place}".rstrip("/")
    if not _exists(parent):
        parent = f"{MOUNT}/{controller}"  # a container that sees only its own part
    folder = f"{parent}/{name}"
    try:
        _made(folder)
    except OSError:
        return ""
    return _filled(folder, texts)


def _made(folder: str) -> None:
    """Make it; one of that name was left by a try that was killed, for an instance lives once."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return


def _filled(folder: str, texts: dict[str, str]) -> str:
    try:
        for name, text in texts.items():
            if name not in NOT_EVERYWHERE or _exists(f"{folder}/{name}"):
                _put(folder, name, text)
    except OSError:
        removed(folder)
        return ""
    return folder


def _controlled(folders: list[str]) -> frozenset[str]:
    """Which limits these groups have: by the files the kernel shows in them."""
    files = {
        "cpu": ("cpu.max", "cpu.cfs_quota_us"),
        "memory": ("memory.max", "memory.limit_in_bytes"),
        "pids": ("pids.max",),
    }
    return frozenset(
        limit
        for limit, names in files.items()
        if any(_exists(f"{folder}/{name}") for folder in folders for name in names)
    )


def _places() -> dict[str, str]:
    """Where this process is, by controller; the empty one is version 2 (cgroups(7))."""
    places: dict[str, str] = {}
    for line in _lines("/proc/self/cgroup"):
        _, controllers, place = line.split(":", 2)
        places |= dict.fromkeys(controllers.split(","), place)
    return places


def _upwards(mount: str, place: str) -> list[str]:
    """Its own group first, then those above: one with processes in it may have no limited child."""
    parts = [part for part in place.split("/") if part]
    return ["/".join([mount, *parts[:count]]) for count in range(len(parts), -1, -1)]


def _exists(path: str) -> bool:
    return os.path.exists(path)


def _put(folder: str, name: str, text: str) -> None:
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        file.write(text)


def _tried(folder: str, name: str, text: str) -> None:
    try:
        _put(folder, name, text)
    except OSError:
        return


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []
