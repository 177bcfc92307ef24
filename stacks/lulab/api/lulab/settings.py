"""States every setting of the API, with its limits and its default."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from seaway_service.origins import Origins, all_over_tls, origins_in
from seaway_service.setting_types import Lifetime, Secret, SigningKeys, secrets_in
from seaway_service.strength import PASSWORD_LENGTH, SIGNING_LENGTH

from lulab.shared_settings import Shared


class Settings(Shared):
    """All settings of the API."""

    NODE_ENV: str = ""
    HOST: str = "127.0.0.1"
    PORT: Annotated[int, Field(ge=1, le=65535)] = 3000
    JWT_SECRET: SigningKeys
    JWT_EXPIRES_IN: Lifetime = timedelta(hours=24)
    SESSION_EXPIRES_IN: Lifetime = timedelta(days=7)
    ADMIN_EMAIL: str = ""
    ADMIN_PASSWORD: Secret = ""
    CORS_ORIGIN: Origins = ""
    TRUSTED_PROXIES: str = "127.0.0.1"
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 25
    RELEASE_COMMIT: str = ""
    RELEASE_DATE: str = ""

    def guarded(self) -> tuple[tuple[str, str, int], ...]:
        """Secrets that must be strong, with the fewest characters of each."""
        signing = (("JWT_SECRET", one, SIGNING_LENGTH) for one in secrets_in(self.JWT_SECRET))
        admin = (("ADMIN_PASSWORD", self.ADMIN_PASSWORD, PASSWORD_LENGTH),)
        return (*super().guarded(), *(admin if self.ADMIN_EMAIL else ()), *signing)

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins that may call the API."""
        return origins_in(self.CORS_ORIGIN)

    @property
    def over_tls(self) -> bool:
        """People reach the web by https, so that cookies must not travel without it."""
        return all_over_tls(self.origins)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        return (*super().hidden, *filter(None, (self.ADMIN_PASSWORD,)))
