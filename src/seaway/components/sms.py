"""sms: short messages by someone else's service; a simulator keeps them on this machine."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.external import (
    Mode,
    account,
    address,
    made_up,
    mode_of,
    plainly,
    player,
)
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

ADDRESSES = {
    "aliyun": "https://dysmsapi.aliyuncs.com", "tencent": "https://sms.tencentcloudapi.com",
}  # fmt: skip
_VARIABLES: Mapping[str, str] = {
    "provider": "SMS_PROVIDER", "url": "SMS_ENDPOINT", "mode": "SMS_MODE", "key": "SMS_ACCESS_KEY",
    "secret": "SMS_SECRET_KEY", "signature": "SMS_SIGNATURE", "template": "SMS_TEMPLATE_ID",
}  # fmt: skip
"""What applications read, by the name of what is handed out."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SECRET = "secret-key"  # noqa: S105 -- its name


class Sms(Component):
    """Short messages."""

    kind: ClassVar[str] = "sms"
    section: ClassVar[Section] = Section.EXTERNAL

    provider: Literal["aliyun", "tencent"] = "aliyun"
    """Whose API it is."""
    mode: Mode | None = None
    """Real in production and simulated elsewhere when it is not given."""
    signature: EnvValue | None = None
    """Who it is from, as registered there."""
    template: EnvValue | None = None
    """The registered text."""
    key: EnvValue | None = None
    """Identifier of the access key."""
    secret: EnvValue | None = None
    """`secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A simulator with its keys; nothing to run where the service is of the world."""
        mode = mode_of(self.mode, around.environment)
        if mode == "simulated":
            return self._played(name, around)
        given = {"signature": self.signature, "template": self.template, "key": self.key,
                 "secret": self.secret}  # fmt: skip
        values, findings = account(given, around.env)
        told = {**values, "url": Text.of(ADDRESSES[self.provider])}
        return Expansion(exports=self._exports(frozenset(), told, mode), findings=findings)

    def _exports(
        self, workloads: frozenset[Name], values: Mapping[str, Text], mode: Mode
    ) -> Exports:
        told = {**values, "provider": Text.of(self.provider), "mode": Text.of(mode)}
        variables = {_VARIABLES[key]: text for key, text in told.items() if key in _VARIABLES}
        return Exports(workloads=workloads, values=told, variables=variables)

    def _played(self, name: Name, around: Surroundings) -> Expansion:
        if self.provider != "aliyun":
            return Expansion(findings=(Finding(code="SW382", at=Place(path="provider")),))
        where, secret = address(name), Text.of(Secret(name=f"{name}.{_SECRET}"))
        letters = made_up(around.stack, name, "key", 20, _LETTERS)
        code = made_up(around.stack, name, "template", 9)
        known = {
            "signature": Text.of(plainly(self.signature, around.stack)),
            "template": Text.of(plainly(self.template, f"SMS_{code}")),
        }
        told = {"provider": Text.of(self.provider), "access-key": Text.of(f"LTAI{letters}"),
                _SECRET: secret, **known}  # fmt: skip
        values = {**known, "key": told["access-key"], "secret": secret, "url": where,
                  "inbox": Text.of(where, "/inbox")}  # fmt: skip
        return Expansion(
            workloads=(player(name, around.environment, told),),
            exports=self._exports(frozenset({name}), values, "simulated"),
            secrets=(SecretNeed(name=f"{name}.{_SECRET}", generate=30),),
        )
