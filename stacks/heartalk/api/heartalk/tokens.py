"""Signs and checks the tokens that say who is asking."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

from heartalk.problems import unauthenticated

ALGORITHM, ISSUER = "HS256", "heartalk"
LONGEST_USER = 128


class Tokens:
    """Signs with the first key and accepts what was signed with any of them."""

    def __init__(self, keys: Sequence[str], lifetime: timedelta) -> None:
        self._keys = {_id(key): key for key in keys}
        self._newest = _id(keys[0])
        self._lifetime = lifetime

    def issue(self, user: str) -> str:
        """A token that speaks for the user until its lifetime is over."""
        now = datetime.now(UTC)
        claims = {"iss": ISSUER, "sub": user, "iat": now, "exp": now + self._lifetime}
        key = self._keys[self._newest]
        return jwt.encode(claims, key, ALGORITHM, headers={"kid": self._newest})

    def user(self, authorization: str) -> str:
        """Whom the header speaks for.

        Raises:
            Problem: 401, it is not to be believed, or not any more.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthenticated()
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=ISSUER,
                options={"require": ["exp", "iat", "iss", "sub"]},
            )  # fmt: skip
            user = str(claims["sub"])
        except (jwt.InvalidTokenError, KeyError) as error:
            raise unauthenticated() from error
        if not 0 < len(user) <= LONGEST_USER:
            raise unauthenticated()
        return user


def _id(key: str) -> str:
    """A name for a signing key that tells nothing about it."""
    return hashlib.sha256(b"heartalk jwt key id" + key.encode()).hexdigest()[:8]
