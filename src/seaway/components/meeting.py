"""meeting: a meeting service of someone else; a simulator records, signs and calls back."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seaway.model.names import Name
from seaway.model.settings.code import HTTP
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.external import (
    Mode,
    account,
    address,
    inbox,
    made_up,
    mode_of,
    plainly,
    player,
)
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Secret, Text
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

URL = "https://api.meeting.qq.com"
_VARIABLES: Mapping[str, str] = {
    "url": "TENCENT_MEETING_URL", "mode": "TENCENT_MEETING_MODE", "app": "TENCENT_MEETING_APP_ID",
    "sdk": "TENCENT_MEETING_SDK_ID", "key": "TENCENT_MEETING_SECRET_ID",
    "secret": "TENCENT_MEETING_SECRET", "token": "TENCENT_MEETING_TOKEN",
}  # fmt: skip
"""What applications read, by the name of what is handed out."""
_SECRETS = {"secret": "secret-key", "token": "token"}
"""What both sides know, and under which name it is kept."""
_WEBHOOK = r"^[a-z][a-z0-9-]*(/[^\s/?#]+)+$"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Meeting(Component):
    """Meetings and their recordings."""

    kind: ClassVar[str] = "meeting"
    section: ClassVar[Section] = Section.EXTERNAL

    provider: Literal["tencent"] = "tencent"
    """Whose API it is."""
    mode: Mode | None = None
    """Real in production and simulated elsewhere when it is not given; sandbox: a test company."""
    webhook: Annotated[str | None, Field(strict=True, pattern=_WEBHOOK)] = None
    """Where the simulator sends events: a service of this stack and a path, `api/webhooks/meeting`.
    The real one is told in its console."""
    app: EnvValue | None = None
    """The identifier of the company there (AppId)."""
    sdk: EnvValue | None = None
    """The identifier of the application there (SdkId)."""
    key: EnvValue | None = None
    """Identifier of the key (SecretId)."""
    secret: EnvValue | None = None
    """`secret:NAME`: the key itself (SecretKey)."""
    token: EnvValue | None = None
    """`secret:NAME`: what events are signed with (Token)."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A simulator with its keys; nothing to run where the service is of the world."""
        mode = mode_of(self.mode, around.environment)
        if mode == "simulated":
            return self._played(name, around)
        settings = ("app", "sdk", "key", "secret", "token")
        values, findings = account({each: getattr(self, each) for each in settings}, around.env)
        told = {**values, "url": Text.of(URL), "mode": Text.of(mode)}
        return Expansion(exports=self._exports(frozenset(), told), findings=findings)

    def _exports(self, workloads: frozenset[Name], values: Mapping[str, Text]) -> Exports:
        variables = {_VARIABLES[key]: text for key, text in values.items() if key in _VARIABLES}
        return Exports(workloads=workloads, values=values, variables=variables)

    def _played(self, name: Name, around: Surroundings) -> Expansion:
        def identifier(what: str, start: str, digits: int, letters: str = "0123456789") -> Text:
            return Text.of(start + made_up(around.stack, name, what, digits, letters))

        secrets = {key: Text.of(Secret(name=f"{name}.{kept}")) for key, kept in _SECRETS.items()}
        known = {
            "app": Text.of(plainly(self.app, identifier("app", "2", 8).written)),
            "sdk": Text.of(plainly(self.sdk, identifier("sdk", "1", 10).written)),
            "key": identifier("key", "AKID", 32, _LETTERS),
        }
        told = {
            "provider": Text.of("tencent-meeting"), "app-id": known["app"], "sdk-id": known["sdk"],
            "secret-id": known["key"], "secret-key": secrets["secret"], "token": secrets["token"],
            **self._webhook(),
        }  # fmt: skip
        values = {**known, **secrets, "url": address(name), "inbox": inbox(name),
                  "mode": Text.of("simulated")}  # fmt: skip
        return Expansion(
            workloads=(player(name, around.environment, told),),
            exports=self._exports(frozenset({name}), values),
            secrets=tuple(
                SecretNeed(name=f"{name}.{kept}", generate=32) for kept in _SECRETS.values()
            ),
        )

    def _webhook(self) -> Mapping[str, Text]:
        if self.webhook is None:
            return {}
        service, _, path = self.webhook.partition("/")
        host, port = Host(workload=Name(service)), Port(workload=Name(service), port=HTTP)
        return {"webhook": Text.of("http://", host, ":", port, "/", path)}
