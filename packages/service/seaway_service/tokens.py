"""Signs and checks the short-lived tokens that say who is asking."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import jwt

ALGORITHM = "HS256"
CLAIMS = ["exp", "iat", "iss", "aud", "sub", "sid"]


class Audience(StrEnum):
    """What a token is good for; one kind is never accepted for the other."""

    API = "api"
    PLAYBACK = "playback"
    """What a media element sends in a cookie, as it cannot send a header."""


class BadTokenError(Exception):
    """The token is forged, expired, or for something else."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The user who asks, and the session the user logged in with."""

    user_id: UUID
    session_id: UUID


class Tokens:
    """Signs with the first secret and accepts what was signed with any of them."""

    def __init__(self, secrets: Sequence[str], lifetime: timedelta, issuer: str) -> None:
        self._issuer = issuer
        self._secrets = {key_id(one, issuer): one for one in secrets}
        self._signing_id = key_id(secrets[0], issuer)
        self.lifetime = lifetime

    def issue(self, identity: Identity, audience: Audience) -> str:
        """Return a token that is good for `lifetime` from now."""
        now = datetime.now(UTC)
        claims = {
            "iss": self._issuer,
            "aud": audience.value,
            "sub": str(identity.user_id),
            "sid": str(identity.session_id),
            "iat": now,
            "exp": now + self.lifetime,
        }
        secret = self._secrets[self._signing_id]
        return jwt.encode(claims, secret, ALGORITHM, headers={"kid": self._signing_id})

    def identity(self, token: str, audience: Audience) -> Identity:
        """Return whom the token speaks for.

        Raises:
            BadTokenError: it is not to be believed, or not any more.
        """
        try:
            secret = self._secrets[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=audience.value,
                issuer=self._issuer,
                options={"require": CLAIMS},
            )
            return Identity(UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise BadTokenError from error


def key_id(secret: str, issuer: str) -> str:
    """Name a signing secret without telling anything about it."""
    return hashlib.sha256(f"{issuer} jwt key id{secret}".encode()).hexdigest()[:8]
