"""static: the built files of a web front end, served with the right cache rules (R31)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from seaway.model.names import Name
from seaway.model.probe import Checks, HttpProbe
from seaway.model.quantity import Duration
from seaway.model.route import Upstream
from seaway.model.settings.code import HTTP, absolute
from seaway.model.settings.form import Truth, Word
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Text
from seaway.model.workload import Build, Server, Workload
from seaway.ports.component import Component, Expansion, Exports, Surroundings

_IMAGE = "nginx:1.29-alpine"
_PORT = 8080


class Static(Component):
    """Files of a web front end."""

    kind: ClassVar[str] = "static"
    section: ClassVar[Section] = Section.SERVICES

    static: Word
    """Folder of the files; what `build` makes, where there is one."""
    build: Word | None = None
    """A shell line that makes the files."""
    source: Word | None = None
    """Where `build` is run; the folder above `static` when it is not given."""
    spa: Truth = True
    """Whether a path without a file gets the entry page, for applications with their own routes."""
    cache: Duration | None = None
    """How long files without a hash in their name may be kept; asked again each time otherwise."""
    resources: Resources = Resources()
    """Most it may use."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A file server of its own behind the ingress."""
        root = absolute(around.folder, self.static)
        server = Workload(
            name=name,
            component=name,
            program=Server(
                part="static", settings=self._settings(root), build=self._build(root, around),
                image=_IMAGE,
            ),
            ports={HTTP: _PORT},
            balanced=True,
            checks=Checks(ready=HttpProbe(path="/"), live=HttpProbe(path="/")),
            limits=self.resources.limits,
            logs=self.logs.keeping,
        )  # fmt: skip
        host, port = Host(workload=name), Port(workload=name, port=HTTP)
        values = {
            "url": Text.of("http://", host, ":", port),
            "host": Text.of(host),
            "port": Text.of(port),
        }
        return Expansion(
            workloads=(server,),
            exports=Exports(workloads=frozenset({name}), values=values),
            upstreams=(Upstream(workload=name, port=HTTP, check="/", replicas=2),),
        )

    def _settings(self, root: str) -> Mapping[str, JsonValue]:
        return {
            "root": root,
            "spa": self.spa,
            "cache": round(self.cache.total_seconds()) if self.cache else 0,
            "hashed": "public, max-age=31536000, immutable",
            "entry": "no-cache",
        }

    def _build(self, root: str, around: Surroundings) -> Build | None:
        if self.build is None:
            return None
        folder = self.source or f"{self.static.rstrip('/')}/.."
        return Build(folder=absolute(around.folder, folder), command=self.build, output=root)
