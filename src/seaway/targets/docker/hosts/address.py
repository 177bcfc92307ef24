"""Address: where another machine is, as `target: "docker ssh://user@host:port"` says it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from seaway.errors import UsageError

SCHEME = "ssh"
PORT = 22
STATE = "/var/lib/seaway"
"""The folder on a host that holds the state of all stacks there (FHS 3.0, 5.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One machine, and the folder on it that is Seaway's."""

    host: str
    port: int = PORT
    user: str = ""
    """Empty: as `~/.ssh/config` or the name of this user has it."""
    folder: str = STATE

    @property
    def name(self) -> str:
        """For people, and for `ssh`."""
        return f"{self.user}@{self.host}" if self.user else self.host

    @property
    def known_as(self) -> str:
        """How `known_hosts` calls it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
        return self.host if self.port == PORT else f"[{self.host}]:{self.port}"


def address_of(target: str) -> Address | None:
    """Of a target as it is written; None where it is on this machine.

    Raises:
        UsageError: SW213, it cannot be read.
    """
    platform, _, place = target.strip().partition(" ")
    return parsed(place.strip()) if platform == "docker" and place.strip() else None


def parsed(place: str) -> Address:
    """`ssh://user@host:port/folder`; all but the host may be left out.

    Raises:
        UsageError: SW213, it is something else. A password in it is refused.
    """
    parts = urlsplit(place)
    try:
        port = parts.port
    except ValueError as error:
        raise UsageError("SW213", found=place) from error
    odd = parts.query or parts.fragment or parts.password is not None or ".." in parts.path
    if parts.scheme != SCHEME or not parts.hostname or odd:
        raise UsageError("SW213", found=_without_password(place))
    return Address(
        host=parts.hostname, port=port or PORT, user=parts.username or "",
        folder=parts.path.rstrip("/") or STATE,
    )  # fmt: skip


def _without_password(place: str) -> str:
    before, at, after = place.rpartition("@")
    scheme, colon, rest = before.partition("://")
    return f"{scheme}{colon}{rest.partition(':')[0]}{at}{after}"
