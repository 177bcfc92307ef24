"""Agent: Seaway itself on a host, as a container that the engine there keeps running.

It has the state of the stacks, supervises them, and carries out the commands that are meant for
them. The machine from which people deploy may be off.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.json import Json
from seaway.ports.target import Said
from seaway.targets.docker.engine import SOCKET, Engine, Refused
from seaway.targets.docker.executing import at_terminal, attached, ran
from seaway.targets.docker.reading import number, text

NAME = "seaway-host"
FOLDER = "seaway.folder"
"""A label: where its state is."""
CACHE = "cache"
"""In the folder of all states: files of published packages."""
SEAWAY = ("python", "-m", "seaway")
GOODBYE = 10.0
"""Seconds for a command to end after it was broken off."""
LOGS: Mapping[str, str] = {"max-size": "10m", "max-file": "3"}


@dataclass(frozen=True, slots=True)
class Agent:
    """The one of a host that keeps its state in a folder."""

    engine: Engine
    folder: str

    @property
    def name(self) -> str:
        """Of its container: several on one engine have several folders."""
        return f"{NAME}{self.folder.replace('/', '-')}"

    async def ensure(self, image: str) -> None:
        """Have it run, from this image; what it supervises does not notice a change."""
        found = await self._found()
        wanted = text(await self.engine.call("GET", f"/images/{image}/json"), "Id")
        if found and (text(found, "Image") != wanted or not _runs(found)):
            await self.engine.call("DELETE", f"/containers/{self.name}", query={"force": "1"})
            found = None
        if found is None:
            query: dict[str, Json] = {"name": self.name}
            body = self._wish(image)
            await self.engine.call("POST", "/containers/create", query=query, body=body)
            await self.engine.call("POST", f"/containers/{self.name}/start")

    async def there(self) -> bool:
        """Whether it runs."""
        found = await self._found()
        return found is not None and _runs(found)

    async def ask(self, arguments: Sequence[str], env: Mapping[str, str]) -> Said:
        """What a command of Seaway says there."""
        return await ran(self.engine, await self._command(arguments, env, {}))

    async def run(self, arguments: Sequence[str], env: Mapping[str, str]) -> int:
        """Carry out a command of Seaway with the terminal of this process; its exit status.

        Whoever breaks it off breaks it off there: what it does about that is shown as well.
        """
        terminal = at_terminal()
        more: dict[str, Json] = {"AttachStdin": True, "Tty": terminal}
        name = await self._command(arguments, env, more)
        running = asyncio.ensure_future(attached(self.engine, name, terminal))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with suppress(SeawayError):
                await self._interrupt(name)
            if (await asyncio.wait({running}, timeout=GOODBYE))[0]:
                return running.result()
            raise
        finally:
            running.cancel()

    async def unpack(self, folder: Path, tar: AsyncIterator[bytes]) -> None:
        """Unpack an archive in a folder there."""
        query: dict[str, Json] = {"path": str(folder)}
        path = f"/containers/{self.name}/archive"
        stream = self.engine.stream("PUT", path, query=query, body=tar, kind="application/x-tar")
        async for _ in stream:
            pass

    async def _command(
        self, arguments: Sequence[str], env: Mapping[str, str], more: Mapping[str, Json]
    ) -> str:  # fmt: skip
        wish: Json = {
            "AttachStdout": True, "AttachStderr": True, "Cmd": [*SEAWAY, *arguments],
            "Env": [f"{name}={value}" for name, value in env.items()], **more,
        }  # fmt: skip
        return text(
            await self.engine.call("POST", f"/containers/{self.name}/exec", body=wish), "Id"
        )

    async def _interrupt(self, name: str) -> None:
        """What Ctrl-C does; the engine itself lets a command go on that nobody listens to."""
        found = await self.engine.call("GET", f"/exec/{name}/json")
        if not (pid := number(found, "Pid")):
            return
        wish: Json = {"Cmd": ["sh", "-c", 'kill -INT "$0"', str(pid)]}
        path = f"/containers/{self.name}/exec"
        await ran(self.engine, text(await self.engine.call("POST", path, body=wish), "Id"))

    async def _found(self) -> Json:
        try:
            return await self.engine.call("GET", f"/containers/{self.name}/json")
        except Refused as refused:
            if refused.missing:
                return None
            raise

    def _wish(self, image: str) -> Json:
        """It does what Seaway does as root on that machine, and may therefore as much.

        It sees the addresses of containers, their processes, and the run folders in memory.
        """
        return {
            "Image": image,
            "User": "0:0",
            "Entrypoint": [],
            "Cmd": [*SEAWAY, "reside"],
            "Env": [f"SEAWAY_STATE={self.folder}", f"XDG_CACHE_HOME={self.folder}/{CACHE}"],
            "Labels": {FOLDER: self.folder},
            "HostConfig": {
                "NetworkMode": "host", "PidMode": "host", "IpcMode": "host",
                "RestartPolicy": {"Name": "always"}, "ReadonlyRootfs": True,
                "SecurityOpt": ["no-new-privileges"],
                "Tmpfs": {"/tmp": "rw,nosuid,nodev,mode=1777"},  # noqa: S108 -- of the container
                "Binds": [f"{self.folder}:{self.folder}", f"{SOCKET}:{SOCKET}"],
                "LogConfig": {"Type": "json-file", "Config": dict(LOGS)},
            },
        }  # fmt: skip


def _runs(found: Json) -> bool:
    return text(found, "State", "Status") == "running"
