"""Builds: Python environments and build outputs, made once for each state of their source."""

import asyncio
import contextlib
import hashlib
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seaway.durable import sync_disk
from seaway.errors import StepFailed
from seaway.model.workload import Build, PackageFile
from seaway.targets.local import package_files
from seaway.targets.local.path_sources import path_sources
from seaway.targets.local.record import Record
from seaway.targets.local.running import run_tool
from seaway.targets.local.snapshots import COMPLETE, environment_of, snapshot_of, take, taken
from seaway.targets.local.sources import fingerprint, newest
from seaway.targets.local.state import StateFolder
from seaway.targets.local.tools import find_uv, missing_tools

LONGEST = 1800.0
"""Seconds that a build may take."""
COMPILING = 60.0
"""Seconds for making bytecode; without it a program only starts more slowly."""
ASKING = 10.0
"""Seconds for pip to say how it is set up."""
KEPT_UNUSED = 7 * 24 * 3600.0
"""Seconds that a build is kept for the case that it is wanted again."""
LATEST_KEPT = 12
"""Builds of a folder that are kept however old they are: more than releases are recorded (R120)."""
OURS = frozenset({"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"})
"""Variables about the Python that runs Seaway, which would lead a build astray."""
PROJECT_FILES = ("pyproject.toml", "uv.lock", "requirements.txt", ".python-version")


class Builds:
    """The builds of one stack. Equal ones are made once and shared."""

    def __init__(self, state: StateFolder, outside: Mapping[str, str]) -> None:
        self._state, self._outside = state, outside
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def make(self, build: Build) -> tuple[Path | None, Path | None]:
        """Build what is not there yet; return the Python environment and the copied output.

        Raises:
            StepFailed: the build failed; its last lines are among the facts.
        """
        environment = self.environment(build)
        if environment:
            async with self._busy[environment.name]:
                await self._make_environment(build, environment)
        if build.command or build.output:
            async with self._busy[build.folder]:  # builds in one folder would disturb each other
                await self._make_output(build)
        return environment, self._copy(build) if build.output else None

    async def fetch(self, files: Sequence[PackageFile], say: Callable[[str], None]) -> None:
        """Have these files on this machine.

        Raises:
            StepFailed: they cannot be had.
        """
        if package_files.missing(files, self._outside):
            outside = {**self._outside, **await self.network()}
            await package_files.fetch(files, outside, say)

    async def keep_source(self, build: Build, environment: Path | None) -> Path | None:
        """The source as this release wants it, kept apart from what people go on changing.

        Raises:
            StepFailed: it is not kept, and what is in the folder is another one.
        """
        snapshot = snapshot_of(build, self._state.builds)
        if snapshot is None:
            return None
        async with self._busy[snapshot.name]:
            if not taken(snapshot):
                await asyncio.to_thread(take, build, snapshot, environment)
                if environment:  # whoever it runs as may not be allowed to write there
                    python = (str(environment / "bin" / "python"), "-m", "compileall", "-q", ".")
                    await run_tool(python, self._outside, snapshot, COMPILING)
            await asyncio.to_thread((snapshot / COMPLETE).touch)
        return snapshot

    def up_to_date(self, build: Build) -> bool:
        """Whether there is nothing to run: its output is there and younger than its source."""
        if (self._copy(build) / COMPLETE).exists() or not build.command:
            return True
        if not build.output:
            return False
        output = Path(build.output)
        made = newest_below(output)
        return made > 0 and made >= newest(Path(build.folder), frozenset({output}))

    def remove_unused(self, records: Sequence[Record]) -> None:
        """Remove what no instance needs, and what nobody may want again soon."""
        used = {path for each in records for path in (each.environment, each.output, each.source)}
        latest = defaultdict[str, list[tuple[float, Path]]](list)
        for folder in self._state.builds.glob("*-*"):
            with contextlib.suppress(OSError):
                source = (folder / COMPLETE).read_text().rstrip().rpartition("\n")[2]
                latest[folder.name.partition("-")[0] + source].append(
                    ((folder / COMPLETE).stat().st_mtime, folder)
                )
        for found in latest.values():
            for at, folder in sorted(found)[:-LATEST_KEPT]:
                if time.time() - at > KEPT_UNUSED and str(folder) not in used:
                    shutil.rmtree(folder, ignore_errors=True)

    def environment(self, build: Build) -> Path | None:
        """The Python environment for a project; None where there is no project.

        A source that is kept has one for ever, whatever its folder asks for by now.
        """
        if (snapshot := snapshot_of(build, self._state.builds)) is not None:
            name = environment_of(snapshot)
            if name is not None:
                return self._state.builds / name if name else None
        files = [Path(build.folder, name) for name in PROJECT_FILES]
        if build.output or not any(file.is_file() for file in files[:3]):
            return None
        whole = hashlib.sha256(f"{build.folder}\0{sys.version}".encode())
        for each in path_sources(Path(build.folder)):
            files += [each.folder / name for name in PROJECT_FILES]
            copied = "" if each.editable else fingerprint(each.folder)
            whole.update(f"{each.folder}\0{copied}\0".encode())
        for file in files:
            whole.update(file.read_bytes() if file.is_file() else b"-")
        return self._state.builds / f"python-{whole.hexdigest()[:16]}"

    def _copy(self, build: Build) -> Path:
        """Where the output of this very source is kept, for as long as an instance may serve it."""
        state = f"{build.folder}\0{build.command}\0{build.output}\0{build.fingerprint}"
        return self._state.builds / f"output-{hashlib.sha256(state.encode()).hexdigest()[:16]}"

    async def _make_environment(self, build: Build, environment: Path) -> None:
        if (environment / COMPLETE).exists():
            (environment / COMPLETE).touch()  # used: not among the first to be removed
            return
        uv = find_uv(self._outside)
        if uv is None:
            raise StepFailed("SW258", folder=build.folder)
        await asyncio.to_thread(shutil.rmtree, environment, ignore_errors=True)
        environment.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        network = await self.network()
        for argv, more in python_commands(uv, Path(build.folder), environment):
            await self._run(build, argv, {**network, **more})
        await asyncio.to_thread(_completed, environment, build)

    async def network(self) -> dict[str, str]:
        """For uv: trust whom this machine trusts, and use the mirror that pip was told to use."""
        trust = {"UV_SYSTEM_CERTS": self._outside.get("UV_SYSTEM_CERTS", "true")}
        if self._outside.get("UV_DEFAULT_INDEX") or self._outside.get("UV_INDEX_URL"):
            return trust
        mirror = self._outside.get("PIP_INDEX_URL", "")
        if not mirror:
            ask = (sys.executable, "-m", "pip", "config", "get", "global.index-url")
            status, said = await run_tool(ask, self._outside, Path("/"), ASKING)
            mirror = "" if status else said.rpartition("\n")[2]
        return {**trust, "UV_DEFAULT_INDEX": mirror} if mirror.startswith("http") else trust

    async def _make_output(self, build: Build) -> None:
        copy = self._copy(build)
        if (copy / COMPLETE).exists():
            (copy / COMPLETE).touch()
            return
        if build.command and not self._excused(build):
            npm = {"npm_config_fund": "false", "npm_config_audit": "false"}
            await self._run(build, ("/bin/sh", "-c", build.command), npm)
        await asyncio.to_thread(_keep, build, copy)

    def _excused(self, build: Build) -> bool:
        """Its tools are not here, but nothing would change by running it."""
        return bool(missing_tools(build.command, self._outside)) and self.up_to_date(build)

    async def _run(self, build: Build, argv: tuple[str, ...], more: Mapping[str, str]) -> None:
        env = {name: value for name, value in self._outside.items() if name not in OURS}
        status, output = await run_tool(argv, {**env, **more}, Path(build.folder), LONGEST)
        if status:
            what = build.command or " ".join((Path(argv[0]).name, *argv[1:3]))
            last = output.strip().rpartition("\n")[2] or f"exit {status}"
            facts = {"folder": build.folder, "last": last, "output": output}
            raise StepFailed("SW259", command=what, **facts)


def python_commands(
    uv: Path, folder: Path, environment: Path
) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """How the environment of a project is made: from its lock where it has one.

    Bytecode is made at once: the user it runs as may not be allowed to write there later.
    A project that can be installed is, as a link to its source, for the commands it brings. Its
    own wish for a version of Python counts; without one it gets the one that runs Seaway.
    """
    project = folder / "pyproject.toml"
    text = project.read_text() if project.is_file() else ""
    wishes = "requires-python" in text or (folder / ".python-version").is_file()
    python = () if wishes else ("--python", sys.executable)
    make = (str(uv), "venv", "--quiet", *python, str(environment))
    to = ("--python", str(environment / "bin" / "python"))
    install = (str(uv), "pip", "install", "--quiet", "--compile-bytecode", *to)
    plain: dict[str, str] = {}
    if (folder / "uv.lock").is_file():
        sync = (str(uv), "sync", "--quiet", "--frozen", "--no-dev", "--compile-bytecode", *to)
        return [(make, plain), (sync, {"UV_PROJECT_ENVIRONMENT": str(environment)})]
    if "[build-system]" in text:
        return [(make, plain), ((*install, "--editable", str(folder)), plain)]
    file = "requirements.txt" if (folder / "requirements.txt").is_file() else "pyproject.toml"
    return [(make, plain), ((*install, "--requirement", str(folder / file)), plain)]


def newest_below(folder: Path) -> float:
    """When the youngest file below a folder was changed, in seconds of the epoch; 0 for none."""
    return max((file.stat().st_mtime for file in folder.rglob("*") if file.is_file()), default=0.0)


def _keep(build: Build, copy: Path) -> None:
    """Copy what was made; without an output only remember that it was.

    The copy appears whole or not at all, and can be read by whoever serves it.

    Raises:
        StepFailed: the output is not there.
    """
    output, half = Path(build.output), copy.with_name(f".{copy.name}")
    if build.output and not output.is_dir():
        raise StepFailed("SW260", folder=build.output, command=build.command)
    copy.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    shutil.rmtree(half, ignore_errors=True)
    if build.output:
        shutil.copytree(output, half)
    else:
        half.mkdir()
    for file in (half, *half.rglob("*")):
        with contextlib.suppress(OSError):
            file.chmod(0o755 if file.is_dir() else 0o644)
    _completed(half, build)
    shutil.rmtree(copy, ignore_errors=True)
    half.rename(copy)


def _completed(folder: Path, build: Build) -> None:
    """Say that it is whole once it is on the disk: nobody looks into it again after a power cut."""
    sync_disk(folder)
    (folder / COMPLETE).write_text(f"{build.folder}\n")
    (folder / COMPLETE).chmod(0o644)
