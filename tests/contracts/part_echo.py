"""A part for tests: the small web server, as if it came from a package and had to be set up."""

import os
import sys
from pathlib import Path

from seaway.probing.http import ask_http
from seaway.targets.local.part import Found, Launch, NotReady

PROGRAM = Path(__file__).with_name("program_web.py")


class EchoPart:
    name = "echo"

    def find(self, choice):
        assert choice in {"", "package", "system"}
        return Found(version="1.2", origin="a test", programs={"python": Path(sys.executable)})

    async def prepare(self, place, run):
        """Refuses what is not empty, as some servers do."""
        data = place.volumes["data"]
        if not (data / "made").exists():
            assert list(data.iterdir()) == []
            said = await run((sys.executable, "-c", "import os; print(os.getuid())"))
            (data / "made").write_text(said.stdout)

    def launch(self, place):
        env = {"PORT": str(place.port("tcp")), "BROKEN": str(place.volumes["data"] / "broken")}
        return Launch(argv=(sys.executable, str(PROGRAM)), env=env, files={"conf": "x"})

    async def ready(self, place):
        if reason := await ask_http(place.host, place.port("tcp"), "/ready", 1.0):
            raise NotReady(reason)

    async def settle(self, place, run):
        """Works at the second try."""
        await run((sys.executable, "-c", "pass"))
        data = place.volumes["data"]
        if not (data / "tried").exists():
            (data / "tried").touch()
            raise NotReady("not settled yet")
        (data / "settled").write_text(str(os.getpid()))
