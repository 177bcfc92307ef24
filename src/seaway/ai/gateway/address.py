"""Address: where a provider is, and whether one may connect there."""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NEVER = tuple(map(ipaddress.ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32")))
"""Where clouds answer with the keys of the machine: not even for private providers."""
_SPECIAL = ipaddress.ip_network("192.0.0.0/24")
"""For protocols of IETF; older versions of Python take it for the world's."""
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Forbidden(Exception):  # noqa: N818 -- said as it is
    """A connection to there is not allowed."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base address, taken apart."""

    tls: bool
    host: str
    port: int
    path: str

    @staticmethod
    def of(url: str) -> "Base":
        """Read one.

        Raises:
            ValueError: it is none, or carries what has no place in one.
        """
        found = urlsplit(url)
        odd = found.username or found.password or found.query or found.fragment
        if found.scheme not in {"http", "https"} or not found.hostname or odd:
            raise ValueError(f"not a base address: {found.scheme}://{found.hostname}")
        tls = found.scheme == "https"
        return Base(tls, found.hostname, found.port or (443 if tls else 80), found.path.rstrip("/"))

    @property
    def name(self) -> str:
        """For the header `host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.tls else 80)
        return host if usual else f"{host}:{self.port}"


def allowed(address: IP, *, private: bool) -> bool:
    """Whether a provider may be at that address; `private` when the operator says it is inside."""
    inner = _inner(address)
    if inner is not None:
        return allowed(inner, private=private)
    if any(address in each for each in _NEVER if each.version == address.version):
        return False
    if address.is_multicast or address.is_unspecified or address == _BROADCAST:
        return False
    return (address.is_global and address not in _SPECIAL) or private


_BROADCAST = ipaddress.IPv4Address("255.255.255.255")


def _inner(address: IP) -> ipaddress.IPv4Address | None:
    """The IPv4 address in one of the IPv6 forms that carry one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


async def places(base: Base, *, private: bool) -> list[str]:
    """The addresses of a host, all of them allowed; what is connected to is what was checked.

    Raises:
        Forbidden: one is not; then none is used.
        OSError: there are none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(base.host, base.port, type=1)  # streams
    hosts = list(dict.fromkeys(str(each[4][0]) for each in found))
    for host in hosts:
        if not allowed(ipaddress.ip_address(host.partition("%")[0]), private=private):
            raise Forbidden(f"{base.host} is at {host}, where no provider may be")
    return hosts


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Certificates are checked; HTTP/1.1 is spoken. Made when the first provider needs it."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
