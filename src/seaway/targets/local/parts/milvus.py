"""Milvus on this machine: milvus-lite, which keeps what the client of any Milvus asks it to."""

import asyncio
import importlib.util
import sys
from importlib.metadata import version
from pathlib import Path

from seaway.errors import PartMissing
from seaway.probing.grpc import call
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner

PACKAGE = "milvus-lite"
METHOD = "/milvus.proto.milvus.MilvusService/GetVersion"
PATIENCE = 2.0
"""Seconds for one question."""


class MilvusPart:
    """A program in Python, run by the Python that Seaway itself runs by."""

    name = "milvus"

    def find(self, choice: str) -> Found:
        """The package; no system has another."""
        if choice == "system" or importlib.util.find_spec("milvus_lite") is None:
            raise PartMissing("SW317", part=self.name, package=PACKAGE)
        return Found(
            version=version(PACKAGE), origin=PACKAGE, programs={"python": Path(sys.executable)}
        )

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: the server makes its own files."""

    def launch(self, place: Placement) -> Launch:
        """It would listen everywhere if it were not told where. Of logins it has none."""
        argv = (
            str(place.found.programs["python"]), "-m", "milvus_lite", "server",
            "--data-dir", str(place.volumes["data"]),
            "--host", place.listens, "--port", str(place.port("grpc")),
        )  # fmt: skip
        return Launch(argv=argv, env={"OMP_NUM_THREADS": "2"})

    async def ready(self, place: Placement) -> None:
        """Ask for its version, by a call as clients make it."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await call(place.host, place.port("grpc"), METHOD, b"")
        except TimeoutError as error:
            raise NotReady(f"no answer in {PATIENCE:g} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise NotReady(str(error)) from error
        if not answer:
            raise NotReady("refused to tell its version")

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing: collections are made by those who use them."""
