"""Settings: what the program is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Whose service is played, and the account there."""

    provider: str
    """`wechat`, `alipay`, `aliyun`, `tencent-meeting`, `feishu`, `smtp`; `inbox` for all."""
    host: str = "127.0.0.1"
    port: int = 8000
    smtp: tuple[int, int] = (1025, 0)
    """Where mail is taken: the port given, and one that is tried beside it; 0 is none."""
    hurry: float = 15.0
    """How many times sooner than in the world a callback is tried again."""
    account: Mapping[str, str] = field(default_factory=dict[str, str])
    """Identifiers and keys by name, in small letters."""


def settings(environ: Mapping[str, str]) -> Settings:
    """From HOST, PORT and EXTERNAL_*.

    Raises:
        ValueError: a number is none, or the provider is missing.
    """
    start = "EXTERNAL_"
    told = {
        name.removeprefix(start).lower(): value
        for name, value in environ.items()
        if name.startswith(start)
    }
    usual = Settings(provider="")
    provider = told.pop("provider", "")
    if not provider:
        raise ValueError("EXTERNAL_PROVIDER says which service is played")
    return Settings(
        provider=provider,
        host=environ.get("HOST") or usual.host,
        port=int(environ.get("PORT") or usual.port),
        smtp=(int(environ.get("SMTP_PORT") or usual.smtp[0]), int(told.pop("usual_port", "") or 0)),
        hurry=float(told.pop("hurry", "") or usual.hurry),
        account=told,
    )
