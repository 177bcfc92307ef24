"""Surroundings: the environment of a workload, in one part for all to read, and one of secrets.

The second is put together from their files when the container starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from seaway.errors import StepFailed
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.text import Hole, Host, Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Workload
from seaway.targets.docker.edges import proxy_of
from seaway.targets.docker.premises import ANYWHERE, FIRST_INNER

SECRETS = "/run/secrets"
"""Where Compose puts them."""
FILES = "/srv/files"
"""Files out of packages, such as weights of models."""
HEAD = """\
# What is known only here: secrets, and the name of this copy.
secret() { cat "/run/secrets/$1"; }
quoted() { printf %s "$(secret "$1")" | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g'; }
"""
"""Percent-encodes every byte, which is allowed (RFC 3986, 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """The ports of the proxy under which workloads reach one another."""

    release: Release

    @property
    def ports(self) -> Mapping[tuple[Name, str], int]:
        """By workload and name of the port, in the order of the release."""
        balanced = [each for each in self.release.workloads if each.balanced]
        keys = [(each.name, port) for each in balanced for port in each.ports]
        return {key: FIRST_INNER + number for number, key in enumerate(keys)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What one workload finds."""

    plain: Mapping[str, str]
    script: str = ""
    """For a shell to read before it begins; empty where there is no secret."""
    secrets: tuple[str, ...] = field(default=())
    """Those that it may read."""


def surroundings(workload: Workload, release: Release) -> Surroundings:
    """Of each copy of a workload.

    Raises:
        StepFailed: SW254, the address of something that is not there.
    """
    filling = _Filling(workload, release)
    later = {name: text for name, text in workload.env.items() if _known_later(text)}
    plain = {name: filling.plain(text) for name, text in workload.env.items() if name not in later}
    lines = [f"{name}={filling.in_shell(text)}; export {name}" for name, text in later.items()]
    holes = (hole for text in workload.env.values() for hole in text.holes)
    secrets = {hole.name for hole in holes if isinstance(hole, Secret | SecretFile)}
    return Surroundings(
        plain=plain, script="".join((HEAD, *(f"{each}\n" for each in lines))) if lines else "",
        secrets=tuple(sorted(secrets)),
    )  # fmt: skip


def _known_later(text: Text) -> bool:
    """When a copy starts: what is secret, and what it is called."""
    names = (hole for hole in text.holes if isinstance(hole, Own) and hole.what == "instance")
    return text.secret or any(True for _ in names)


def folder_of(workload: Workload, volume: str) -> str:
    """Where a volume is mounted."""
    return f"/data/{workload.name}-{volume}"


@dataclass(frozen=True, slots=True)
class _Filling:
    workload: Workload
    release: Release

    def plain(self, text: Text) -> str:
        return "".join(each if isinstance(each, str) else self._hole(each) for each in text.parts)

    def in_shell(self, text: Text) -> str:
        """As one word: what stands beside each other is quoted as one."""
        words, plain = list[str](), ""
        for part in text.parts:
            match part:
                case Secret():
                    how = "quoted" if part.quoted else "secret"
                    words += [_literal(plain), f'"$({how} {part.name})"']
                    plain = ""
                case Own(what="instance"):
                    words += [_literal(plain), '"$HOSTNAME"']
                    plain = ""
                case str():
                    plain += part
                case _:
                    plain += self._hole(part)
        return "".join((*words, _literal(plain)))

    def _hole(self, hole: Hole) -> str:
        match hole:
            case Host():
                return hole.workload
            case Port():
                return str(self._port(hole))
            case SecretFile():
                return f"{SECRETS}/{hole.name}"
            case Own():
                return self._own(hole)
            case Secret():
                raise TypeError(hole.name)
            case _:
                assert_never(hole)

    def _port(self, hole: Port) -> int:
        """Of the proxy for what it balances; else the workload's own."""
        other = self.release.find(hole.workload)
        if other is None or hole.port not in other.ports:
            raise StepFailed("SW254", workload=hole.workload, port=hole.port)
        if other.balanced and proxy_of(self.release):
            return Inner(release=self.release).ports[other.name, hole.port]
        return other.ports[hole.port]

    def _own(self, hole: Own) -> str:
        match hole.what:
            case "host":
                return ANYWHERE
            case "port":
                return str(self.workload.ports[hole.name])
            case "instance":
                raise TypeError(hole.what)
            case "volume":
                return folder_of(self.workload, hole.name)
            case "release":
                return str(self.release.number)
            case "files":
                return FILES
            case _:
                assert_never(hole.what)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if text else ""
