"""smtp: a mail server of someone else; a simulator catches the mail on this machine."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.external import (
    SMTP,
    Mode,
    account,
    inbox,
    mode_of,
    plainly,
    player,
)
from seaway.model.settings.form import PortNumber
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Secret, Text
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

CAUGHT = 1025
"""Where mail is caught in development, by custom."""
_VARIABLES: Mapping[str, str] = {
    "host": "SMTP_HOST", "port": "SMTP_PORT", "user": "SMTP_USER", "password": "SMTP_PASS",
    "from": "SMTP_FROM", "mode": "SMTP_MODE",
}  # fmt: skip
"""What applications read, by the name of what is handed out."""
_PASSWORD = "password"  # noqa: S105 -- its name


class Smtp(Component):
    """Mail that is sent."""

    kind: ClassVar[str] = "smtp"
    section: ClassVar[Section] = Section.EXTERNAL

    sender: Annotated[str, Field(strict=True, alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    """The address that mail comes from."""
    mode: Mode | None = None
    """Real in production and simulated elsewhere when it is not given."""
    host: EnvValue | None = None
    """The server; may be `env:NAME`."""
    port: PortNumber = 587
    """Where it listens."""
    user: EnvValue | None = None
    """Who sends."""
    password: EnvValue | None = None
    """`secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A simulator with its account; nothing to run where the server is of the world."""
        mode = mode_of(self.mode, around.environment)
        if mode == "simulated":
            return self._played(name, around)
        given = {"host": self.host, "user": self.user, "password": self.password}
        values, findings = account(given, around.env)
        told = {**values, "port": Text.of(str(self.port)), **self._told(mode)}
        return Expansion(exports=self._exports(frozenset(), told), findings=findings)

    def _told(self, mode: Mode) -> Mapping[str, Text]:
        return {"from": Text.of(self.sender), "mode": Text.of(mode)}

    def _exports(self, workloads: frozenset[Name], values: Mapping[str, Text]) -> Exports:
        variables = {_VARIABLES[key]: text for key, text in values.items() if key in _VARIABLES}
        return Exports(workloads=workloads, values=values, variables=variables)

    def _played(self, name: Name, around: Surroundings) -> Expansion:
        user = Text.of(plainly(self.user, around.stack))
        password = Text.of(Secret(name=f"{name}.{_PASSWORD}"))
        told = {
            "provider": Text.of("smtp"), "user": user, "password": password,
            "sender": Text.of(self.sender), "usual-port": Text.of(str(CAUGHT)),
        }  # fmt: skip
        values = {
            "host": Text.of(Host(workload=name)), "port": Text.of(Port(workload=name, port=SMTP)),
            "user": user, "password": password, "inbox": inbox(name), **self._told("simulated"),
        }  # fmt: skip
        return Expansion(
            workloads=(player(name, around.environment, told, smtp=CAUGHT),),
            exports=self._exports(frozenset({name}), values),
            secrets=(SecretNeed(name=f"{name}.{_PASSWORD}", generate=24),),
        )
