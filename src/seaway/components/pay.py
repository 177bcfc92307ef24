"""pay: a payment service of someone else; a simulator signs and calls back like the real one."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.external import (
    RSA_BITS,
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

WECHAT = "https://api.mch.weixin.qq.com"
ALIPAY: Mapping[Mode, str] = {
    "real": "https://openapi.alipay.com/gateway.do",
    "sandbox": "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
}
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "wechat": {
        "url": "WECHAT_PAY_BASE_URL", "mode": "WECHAT_PAY_MODE", "app": "WECHAT_PAY_APP_ID",
        "merchant": "WECHAT_PAY_MCH_ID", "key": "WECHAT_PAY_API_KEY",
        "private_key": "WECHAT_PAY_PRIVATE_KEY", "serial": "WECHAT_PAY_SERIAL_NO",
        "public_key": "WECHAT_PAY_PUBLIC_KEY", "public_key_id": "WECHAT_PAY_PUBLIC_KEY_ID",
    },
    "alipay": {
        "gateway": "ALIPAY_GATEWAY_URL", "mode": "ALIPAY_MODE", "app": "ALIPAY_APP_ID",
        "key": "ALIPAY_PRIVATE_KEY", "public_key": "ALIPAY_PUBLIC_KEY",
    },
}  # fmt: skip
"""What applications read, by the name of what is handed out."""
_KEY_LENGTH = 32
"""Characters of WeChat's APIv3 key."""
_OF_WECHAT = ("merchant", "private_key", "serial", "public_key_id")
"""Settings that only WeChat needs."""


class Pay(Component):
    """Payments."""

    kind: ClassVar[str] = "pay"
    section: ClassVar[Section] = Section.EXTERNAL

    provider: Literal["wechat", "alipay"]
    """Whose API it is."""
    mode: Mode | None = None
    """Real in production and simulated elsewhere when it is not given."""
    app: EnvValue | None = None
    """The identifier of the application there."""
    merchant: EnvValue | None = None
    """The number of the merchant there."""
    key: EnvValue | None = None
    """`secret:NAME`: WeChat's APIv3 key; with Alipay the application's private key."""
    private_key: EnvValue | None = None
    """`secret:NAME`: the merchant's private key, for WeChat."""
    serial: EnvValue | None = None
    """The serial number of the merchant's certificate, for WeChat."""
    public_key: EnvValue | None = None
    """The public key of WeChat Pay or Alipay."""
    public_key_id: EnvValue | None = None
    """The identifier of that key, for WeChat."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """A simulator with its keys; nothing to run where the service is of the world."""
        mode = mode_of(self.mode, around.environment)
        if mode == "simulated":
            return self._played(name, around)
        values, findings = account(self._given, around.env)
        if self.provider == "wechat" and mode == "sandbox":
            findings = (*findings, Finding(code="SW381", at=Place(path="mode")))
        where = WECHAT if self.provider == "wechat" else ALIPAY[mode]
        told = {**values, **self._where(Text.of(where)), "mode": Text.of(mode)}
        return Expansion(exports=self._exports(frozenset(), told), findings=findings)

    @property
    def _given(self) -> Mapping[str, str | None]:
        settings = ("app", "merchant", "key", "private_key", "serial", "public_key",
                    "public_key_id")  # fmt: skip
        needed = [each for each in settings if self.provider == "wechat" or each not in _OF_WECHAT]
        return {each: getattr(self, each) for each in needed}

    def _where(self, url: Text) -> Mapping[str, Text]:
        return {"url": url} if self.provider == "wechat" else {"url": url, "gateway": url}

    def _exports(self, workloads: frozenset[Name], values: Mapping[str, Text]) -> Exports:
        names = _VARIABLES[self.provider]
        variables = {names[key]: text for key, text in values.items() if key in names}
        return Exports(workloads=workloads, values=values, variables=variables)

    # --------------------------------------------------------------------------- simulated

    def _played(self, name: Name, around: Surroundings) -> Expansion:
        known, where = self._identifiers(name, around), address(name)
        secrets = {key: Text.of(Secret(name=f"{name}.{key}")) for key in _KEYS}
        told = {
            "provider": Text.of(self.provider), "own-key": secrets["own-key"],
            "merchant-public": secrets["merchant-public"], **known,
        }  # fmt: skip
        values = {
            **known, "url": where, "inbox": Text.of(where, "/inbox"), "mode": Text.of("simulated"),
            "public_key": secrets["own-public"],
        }  # fmt: skip
        needs = [
            SecretNeed(
                name=f"{name}.{key}", generate=RSA_BITS, form="rsa", public=f"{name}.{public}"
            )
            for key, public in _PAIRS.items()
        ]
        if self.provider == "wechat":
            told["api-key"] = secrets["api-key"]
            told["own-id"] = known["public_key_id"]
            values |= {"key": secrets["api-key"], "private_key": secrets["merchant-key"]}
            needs.append(SecretNeed(name=f"{name}.api-key", generate=_KEY_LENGTH))
        else:
            values |= {"key": secrets["merchant-key"], "gateway": Text.of(where, "/gateway.do")}
        return Expansion(
            workloads=(player(name, around.environment, told),),
            exports=self._exports(frozenset({name}), values),
            secrets=tuple(needs),
        )

    def _identifiers(self, name: Name, around: Surroundings) -> dict[str, Text]:
        """As they look there; those that are written plainly count here too."""

        def number(what: str, digits: int, alphabet: str = "0123456789") -> str:
            return made_up(around.stack, name, what, digits, alphabet)

        if self.provider == "alipay":
            found = {
                "app": plainly(self.app, f"2021{number('app', 12)}"),
                "merchant": plainly(self.merchant, f"2088{number('merchant', 12)}"),
            }
        else:
            hexadecimal = "0123456789ABCDEF"
            found = {
                "app": plainly(self.app, "wx" + number("app", 16, hexadecimal).lower()),
                "merchant": plainly(self.merchant, f"19{number('merchant', 8)}"),
                "serial": plainly(self.serial, number("serial", 40, hexadecimal)),
                "public_key_id": plainly(
                    self.public_key_id, f"PUB_KEY_ID_01{number('public', 32)}"
                ),
            }
        return {key: Text.of(value) for key, value in found.items()}


_PAIRS: Mapping[str, str] = {"merchant-key": "merchant-public", "own-key": "own-public"}
"""The private keys of both sides, and their public halves: each side holds its own and the
other's public one."""
_KEYS = (*_PAIRS, *_PAIRS.values(), "api-key")
