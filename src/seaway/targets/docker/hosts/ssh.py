"""SSH: a connection to a host whose key is known, and the host's engine over it.

Who the host is must be in `known_hosts` before: nothing is ever accepted here. Who we are comes
from the agent, `~/.ssh/config` and the keys in `~/.ssh`; no password is asked for or kept.
"""

import contextlib
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from getpass import getuser
from pathlib import Path

import asyncssh

from seaway.errors import SeawayError, StepFailed
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.hosts.address import PORT, Address

CONNECTING = 20.0
"""Seconds for a host to answer, and for it to let us in."""
ALIVE = 15
"""Seconds of silence after which the host is asked whether it is still there."""
GLOBAL = Path("/etc/ssh/ssh_known_hosts")
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256")
"""Of keys that a host may have, the best first."""

Connection = asyncssh.SSHClientConnection


def known_hosts() -> Path:
    """The file of this user in which keys of hosts are noted."""
    return Path.home() / ".ssh" / "known_hosts"


@asynccontextmanager
async def connected(address: Address) -> AsyncGenerator[Connection]:
    """A connection, for as long as the block runs.

    Raises:
        StepFailed: SW214 to SW217: an unknown or changed key, no access, no answer.
    """
    files = [str(each) for each in (known_hosts(), GLOBAL) if each.is_file()]
    known = asyncssh.read_known_hosts(files)
    more = {"username": address.user} if address.user else {}
    try:
        connection = await asyncssh.connect(
            address.host, address.port, known_hosts=known, connect_timeout=CONNECTING,
            login_timeout=CONNECTING, keepalive_interval=ALIVE, password=None,
            preferred_auth="publickey", **more,
        )  # fmt: skip
    except asyncssh.HostKeyNotVerifiable as error:
        raise await _stranger(address, known) from error
    except asyncssh.PermissionDenied as error:
        raise StepFailed("SW216", host=address.name, user=_user(address)) from error
    except (OSError, asyncssh.Error) as error:
        raise StepFailed("SW217", host=address.name, problem=_words(error)) from error
    async with connection:
        yield connection


@asynccontextmanager
async def engine_of(connection: Connection, address: Address) -> AsyncGenerator[Engine]:
    """The engine of a host, under a socket on this machine that nobody else can open.

    Raises:
        StepFailed: SW218, there is none, or this user may not speak to it.
    """
    with tempfile.TemporaryDirectory(prefix="seaway-ssh-") as folder:
        socket = f"{folder}/engine.sock"
        try:
            listener = await connection.forward_local_path(socket, SOCKET)
        except (OSError, asyncssh.Error) as error:
            raise StepFailed("SW217", host=address.name, problem=_words(error)) from error
        async with listener:
            engine = Engine(socket)
            try:
                await engine.call("GET", "/version")
            except SeawayError as error:
                facts = {"host": address.name, "user": _user(address), "url": url(address)}
                raise StepFailed("SW218", **facts) from error
            yield engine


async def _stranger(address: Address, known: asyncssh.SSHKnownHosts) -> SeawayError:
    """What is wrong with the key that a host showed."""
    expected = known.match(address.host, "", address.port)[0]
    fingerprint = "-"
    with contextlib.suppress(SeawayError):
        fingerprint = (await key_of(address)).get_fingerprint()
    facts = {"host": address.known_as, "fingerprint": fingerprint, "file": str(known_hosts())}
    scan = f"ssh-keyscan -p {address.port} {address.host}"
    return StepFailed("SW215" if expected else "SW214", scan=scan, url=url(address), **facts)


def url(address: Address) -> str:
    """As it is written in a stack file."""
    port = "" if address.port == PORT else f":{address.port}"
    return f"ssh://{address.name}{port}"


async def key_of(address: Address, fingerprint: str = "") -> asyncssh.SSHKey:
    """A key that the host shows to anybody, that of the fingerprint where it has it.

    Whether it is the right one is not known.

    Raises:
        StepFailed: SW217, it does not answer.
    """
    problem, first = "it shows no key", None
    for kind in KINDS:
        try:
            key = await asyncssh.get_server_host_key(
                address.host, address.port, server_host_key_algs=[kind]
            )
        except (OSError, asyncssh.Error) as error:
            problem = _words(error)
            continue
        if key and (not fingerprint or key.get_fingerprint() == fingerprint):
            return key
        first = first or key
    if first is None:
        raise StepFailed("SW217", host=address.name, problem=problem)
    return first


def remember(address: Address, key: asyncssh.SSHKey) -> None:
    """Note that this key is the host's, after somebody who knows has said so."""
    file = known_hosts()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    line = f"{address.known_as} {key.export_public_key('openssh').decode().strip()}\n"
    with file.open("a", encoding="utf-8") as out:
        out.write(line)


def _user(address: Address) -> str:
    return address.user or getuser()


def _words(error: BaseException) -> str:
    if isinstance(error, asyncssh.Error):
        return error.reason
    return getattr(error, "strerror", "") or str(error) or type(error).__name__
