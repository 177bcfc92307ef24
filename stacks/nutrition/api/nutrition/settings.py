"""States every setting of the service, with its limits and its default."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field
from seaway_service.origins import Origins, all_over_tls, origins_in
from seaway_service.setting_types import HttpUrl, Lifetime, Secret, SigningKeys, read, secrets_in
from seaway_service.strength import PASSWORD_LENGTH, SIGNING_LENGTH

from nutrition.shared_settings import Shared

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- compared with
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"


class Settings(Shared):
    """All settings of the API."""

    APP_NAME: str = "ai-nutrition-restaurant"
    APP_VERSION: str = "2.0.0"
    HOST: str = "127.0.0.1"
    PORT: Annotated[int, Field(ge=1, le=65535)] = 3000
    MINIO_ENDPOINT: HttpUrl
    MINIO_ACCESS_KEY: str
    MINIO_SECRET_KEY: Secret
    MINIO_BUCKET_NAME: Annotated[str, Field(pattern=BUCKET)] = "ai-nutrition-files"
    MINIO_REGION: str = "ap-southeast-1"

    JWT_SECRET: SigningKeys
    JWT_EXPIRES_IN: Lifetime = timedelta(hours=24)
    JWT_REFRESH_EXPIRES_IN: Lifetime = timedelta(days=7)
    SESSION_SECRET: Secret
    BCRYPT_SALT_ROUNDS: Annotated[int, Field(ge=10, le=15)] = 12
    ADMIN_EMAIL: str = ""
    ADMIN_PASSWORD: Secret = ""
    MENU: Literal["sample", "empty"] = "empty"

    GAODE_API_KEY: Secret = ""
    BAIDU_API_KEY: Secret = ""
    TENCENT_CLOUD_SECRET_ID: Secret = ""
    TENCENT_CLOUD_SECRET_KEY: Secret = ""
    PUBLIC_URL: HttpUrl | Literal[""] = ""

    CORS_ORIGIN: Origins = ""
    CORS_CREDENTIALS: bool = True
    TRUSTED_PROXIES: str = "127.0.0.1"
    RATE_LIMIT_WINDOW_MS: Annotated[int, Field(ge=100, le=86_400_000)] = 60_000
    RATE_LIMIT_MAX_REQUESTS: Annotated[int, Field(ge=1)] = 100
    HEALTH_CHECK_TIMEOUT: Annotated[int, Field(ge=100, le=60_000, description="ms")] = 10_000
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 25
    GIT_COMMIT_HASH: str = ""
    DEPLOYMENT_DATE: str = ""

    def guarded(self) -> tuple[tuple[str, str, int], ...]:
        """Secrets that must be strong, with the fewest characters of each."""
        signing = (("JWT_SECRET", one, SIGNING_LENGTH) for one in secrets_in(self.JWT_SECRET))
        admin = (("ADMIN_PASSWORD", self.ADMIN_PASSWORD, PASSWORD_LENGTH),)
        return (
            *super().guarded(),
            ("MINIO_SECRET_KEY", self.MINIO_SECRET_KEY, PASSWORD_LENGTH),
            ("SESSION_SECRET", self.SESSION_SECRET, SIGNING_LENGTH),
            *(admin if self.ADMIN_EMAIL else ()),
            *signing,
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins that may call the API."""
        return origins_in(self.CORS_ORIGIN)

    @property
    def over_tls(self) -> bool:
        """People reach the web by https, so that cookies must not travel without it."""
        return all_over_tls(self.origins)

    def callbacks(self, provider: str) -> str:
        """Where a payment service calls back: the public address, or this replica without one."""
        return self.PUBLIC_URL or f"http://{self._seen_from(self._service(provider))}:{self.PORT}"

    def _seen_from(self, url: str) -> str:
        """Return the address in the network that leads to a service: there is one in each."""
        if self.HOST != EVERYWHERE:
            return self.HOST
        at = urlsplit(url)
        with socket.socket(type=socket.SOCK_DGRAM) as towards, suppress(OSError):
            towards.connect((at.hostname, at.port or 443))  # nothing is sent
            return str(towards.getsockname()[0])
        return self.HOST

    def _service(self, provider: str) -> str:
        return {"wechat": self.WECHAT_PAY_BASE_URL, "alipay": self.ALIPAY_GATEWAY_URL}[provider]

    def pay_page(self, provider: str) -> str:
        """Where people pay a simulated payment; empty for a real one."""
        ways = {
            "wechat": (self.WECHAT_PAY_MODE, self.WECHAT_PAY_BASE_URL),
            "alipay": (self.ALIPAY_MODE, self.ALIPAY_GATEWAY_URL.removesuffix("/gateway.do")),
        }
        mode, address = ways[provider]
        return f"{address}/inbox" if mode == "simulated" else ""

    @property
    def integrations(self) -> Mapping[str, bool]:
        """Which services of others can be used: those with all their keys (R200)."""
        tencent = self.TENCENT_CLOUD_SECRET_ID and self.TENCENT_CLOUD_SECRET_KEY
        return {
            **super().integrations,
            "gaode": bool(self.GAODE_API_KEY),
            "baidu": bool(self.BAIDU_API_KEY),
            "tencent": bool(tencent),
        }

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        keys = (self.GAODE_API_KEY, self.BAIDU_API_KEY, self.TENCENT_CLOUD_SECRET_KEY)
        return (*super().hidden, *filter(None, (self.ADMIN_PASSWORD, *keys)))


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that names every variable at fault.
    """
    return read(Settings, environ)
