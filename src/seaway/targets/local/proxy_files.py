"""Proxy files: what the proxy is configured with, in the volume that outlives its instances."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import StepFailed
from seaway.model.instance import Address
from seaway.model.names import Name
from seaway.model.release import routing_digest
from seaway.model.route import Routing, Site
from seaway.proxies.engine import Engine, Member, Setting
from seaway.proxies.haproxy import CHALLENGES
from seaway.targets.local.part import Placement
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.values import dumped, loaded

VOLUME = "config"
MASTER = "master.sock"
"""In the run folder."""
ALIASED = "certificates/this-machine.pem"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Where certificates come from: the stack's own authority, and those of the world."""

    own: Callable[[Sequence[str]], str]
    """What is needed to serve those names: leaf, authority and key."""
    public: PublicCertificates


class ProxyFiles:
    """Written whole or not at all, and owned by whom the proxy runs as."""

    def __init__(
        self, place: Placement, stack: Name, service: Callable[[Name, str], Address],
        certificates: Sealed, engine: Engine,
    ) -> None:  # fmt: skip
        self._place, self._stack, self._service = place, stack, service
        self._certificates, self._engine = certificates, engine
        self._folder = place.volumes[VOLUME]

    def routing(self) -> Routing:
        """The one written last; empty before the first."""
        try:
            return loaded(Routing, (self._folder / "routing.json").read_bytes())
        except FileNotFoundError:
            return Routing()

    def members(self) -> tuple[Member, ...]:
        """The instances that take requests."""
        try:
            return loaded(tuple[Member, ...], (self._folder / "members.json").read_bytes())
        except FileNotFoundError:
            return ()

    def keep_members(self, members: Iterable[Member]) -> None:
        """Remember who takes requests, so that a restarted proxy sends them there at once."""
        now = tuple(sorted(members, key=lambda each: each.instance))
        self._write("members.json", dumped(now))
        if (self._folder / "routing.json").exists():
            self._render(self.routing())

    def write(self, routing: Routing) -> None:
        """Everything for that routing, certificates included.

        Raises:
            StepFailed: the file of a certificate cannot be read.
        """
        for name, pem in self._pems(routing):
            self._write(name, pem)
        if any(site.acme for site in routing.sites) and not self.challenges.exists():
            self.answer({})
        self._write("routing.json", dumped(routing))
        self._render(routing)

    def renewed(self) -> Iterator[tuple[Path, str]]:
        """The certificates that have changed: where each is and what must be in it."""
        for name, pem in self._pems(self.routing()):
            file = self._folder / name
            if file.read_text() != pem:
                yield file, pem

    def seal(self, file: Path, pem: str) -> None:
        """Write a certificate that the running proxy has already."""
        self._write(str(file.relative_to(self._folder)), pem)

    @property
    def challenges(self) -> Path:
        """The file of what authorities are answered."""
        return self._folder / CHALLENGES

    def answer(self, answers: Mapping[str, str]) -> None:
        """What authorities are to be answered, by path; a running proxy must be told as well."""
        self._write(CHALLENGES, "".join(f"{path} {text}\n" for path, text in answers.items()))

    def _pems(self, routing: Routing) -> Iterator[tuple[str, str]]:
        """The files of all certificates, by name, with what must be in them."""
        for site in routing.sites:
            if site.tls != "off":
                yield _certificate(site), self._pem(routing, site)
        if _aliased(routing):
            yield ALIASED, self._certificates.own(self._aliases())

    def _pem(self, routing: Routing, site: Site) -> str:
        if site.acme and (public := self._certificates.public.pem(site.host)):
            return public
        if site.tls != "files":
            return self._certificates.own(self._names(routing, site))
        try:
            return Path(site.certificate).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise StepFailed("SW455", file=site.certificate, detail=str(error)) from error

    def _render(self, routing: Routing) -> None:
        for name, text in self._engine.render(routing, self._setting(routing)).items():
            self._write(name, text)

    def _setting(self, routing: Routing) -> Setting:
        ports = self._place.ports
        host = self._place.listens
        return Setting(
            folder=str(self._folder),
            sockets=str(self._place.folder),
            http=Address(host=host, port=ports["http"]),
            https=Address(host=host, port=ports["https"]) if "https" in ports else None,
            services={
                each.name: self._service(each.workload, each.port)
                for each in routing.upstreams
            },
            members=self.members(),
            aliases=(*self._aliases(), "[::1]"),
            certificates={
                site.host: str(self._folder / _certificate(site))
                for site in routing.sites if site.tls != "off"
            },
            aliased=str(self._folder / ALIASED) if _aliased(routing) else "",
            digest=routing_digest(routing),
        )  # fmt: skip

    def _aliases(self) -> tuple[str, ...]:
        """Names that lead to this machine from this machine, without any DNS."""
        return ("localhost", f"{self._stack}.localhost", "127.0.0.1", "::1")

    def _names(self, routing: Routing, site: Site) -> tuple[str, ...]:
        first = routing.sites[0].host == site.host
        return (site.host, *(self._aliases() if first and not site.acme else ()))

    def _write(self, name: str, text: str) -> None:
        """Mode 0400, by another name first; the owner of the folder is the owner of the file."""
        file = self._folder / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        owner = self._folder.stat()
        fresh = file.with_name(f".{file.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as out:
            out.write(text)
        if os.geteuid() == 0:
            for made in (fresh, file.parent):
                os.chown(made, owner.st_uid, owner.st_gid)
        fresh.replace(file)


def _aliased(routing: Routing) -> bool:
    """Whether the certificate of the first site cannot name this machine: nobody signs that."""
    return bool(routing.sites and routing.sites[0].acme)


def _certificate(site: Site) -> str:
    return f"certificates/{site.host}.pem"
