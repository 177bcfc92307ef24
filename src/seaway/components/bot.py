"""bot: a bot in a group of someone else's messenger; a simulator keeps what it says."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.external import Mode, account, address, inbox, mode_of, player
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

URL = "https://open.feishu.cn"
_VARIABLES: Mapping[str, str] = {
    "url": "FEISHU_URL", "mode": "FEISHU_MODE", "hook": "FEISHU_BOT_HOOK",
    "secret": "FEISHU_BOT_SECRET",
}  # fmt: skip
"""What applications read, by the name of what is handed out."""
_SECRETS = ("hook", "secret")


class Bot(Component):
    """Messages to a group."""

    kind: ClassVar[str] = "bot"
    section: ClassVar[Section] = Section.EXTERNAL

    provider: Literal["feishu"] = "feishu"
    """Whose messenger it is."""
    mode: Mode | None = None
    """Real in production and simulated elsewhere when it is not given; sandbox: a test group."""
    hook: EnvValue | None = None
    """`secret:NAME`: the last part of the bot's address; who has it may write."""
    secret: EnvValue | None = None
    """`secret:NAME`: what messages are signed with."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A simulator with its keys; nothing to run where the messenger is of the world."""
        mode = mode_of(self.mode, around.environment)
        if mode == "simulated":
            return self._played(name, around)
        values, findings = account({"hook": self.hook, "secret": self.secret}, around.env)
        told = {**values, "url": Text.of(URL), "mode": Text.of(mode)}
        return Expansion(exports=self._exports(frozenset(), told), findings=findings)

    def _exports(self, workloads: frozenset[Name], values: Mapping[str, Text]) -> Exports:
        variables = {_VARIABLES[key]: text for key, text in values.items() if key in _VARIABLES}
        return Exports(workloads=workloads, values=values, variables=variables)

    def _played(self, name: Name, around: Surroundings) -> Expansion:
        secrets = {key: Text.of(Secret(name=f"{name}.{key}")) for key in _SECRETS}
        values = {**secrets, "url": address(name), "inbox": inbox(name),
                  "mode": Text.of("simulated")}  # fmt: skip
        told = {"provider": Text.of("feishu"), **secrets}
        return Expansion(
            workloads=(player(name, around.environment, told),),
            exports=self._exports(frozenset({name}), values),
            secrets=tuple(SecretNeed(name=f"{name}.{key}", generate=32) for key in _SECRETS),
        )
