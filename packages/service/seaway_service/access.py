"""Lets people in and knows them again: passwords, sessions, tokens, and the cookies they are in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Response
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import Counter

from seaway_service.logs import current_request
from seaway_service.passwords import Passwords
from seaway_service.problems import Problem, too_many, unauthenticated
from seaway_service.sessions import RefreshToken, Sessions
from seaway_service.throttle import Limit, Throttle
from seaway_service.tokens import Audience, BadTokenError, Identity, Tokens

QUARTER = timedelta(minutes=15)

# without errors of their own: ours have one shape
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(scheme_name="accessToken", bearerFormat="JWT", auto_error=False)),
]


class Kept(Protocol):
    """What is kept of somebody who has an account."""

    @property
    def id(self) -> UUID: ...

    @property
    def password_hash(self) -> str: ...


Somebody = TypeVar("Somebody", bound=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The door of one service; `name` is in front of the names of its cookies."""

    name: str
    throttle: Throttle
    passwords: Passwords
    sessions: Sessions
    tokens: Tokens
    logins: Counter
    origins: tuple[str, ...]
    over_tls: bool
    refresh_path: str = "/api/auth"
    """Where the routes are that take the refresh cookie; it is sent nowhere else."""

    async def may_sign_up(self) -> None:
        """Return unless too many have signed up from this address.

        Raises:
            Problem: they have.
        """
        by_address = Limit(f"signup {current_request().ip}", 200, timedelta(hours=1))
        if wait := await self.throttle.take(by_address):
            raise too_many(wait)

    async def admitted(
        self, email: str, password: str, found: Callable[[str], Awaitable[Somebody | None]]
    ) -> Somebody:
        """Return the account with this address, if the password fits.

        Raises:
            Problem: it does not, there is no such account, or it was tried too often.
        """
        limits = login_limits(email)
        if wait := await self.throttle.take(*limits):
            self.logins.labels(outcome="throttled").inc()
            raise too_many(wait)
        account = await found(email)
        kept = account.password_hash if account else None
        right = await self.passwords.right(password, kept)
        if account is None or not right:
            self.logins.labels(outcome="refused").inc()
            raise Problem(401, "wrong_credentials", "the address or the password is wrong")
        await self.throttle.give_back(*limits)
        self.logins.labels(outcome="accepted").inc()
        return account

    async def session(self, user_id: UUID) -> tuple[Identity, RefreshToken]:
        """Begin a session; what is logged from now on names the user."""
        current_request().user_id = str(user_id)
        return await self.sessions.begin(user_id)

    async def believed(self, token: str, audience: Audience = Audience.API) -> Identity:
        """Return whom the token speaks for, if the session was not withdrawn.

        Raises:
            Problem: it is not good, or not any more.
        """
        try:
            identity = self.tokens.identity(token, audience)
        except BadTokenError as error:
            raise unauthenticated("the token is not valid any more") from error
        if not await self.sessions.alive(identity):
            raise unauthenticated("the session has ended")
        current_request().user_id = str(identity.user_id)
        return identity

    async def bearer(self, bearer: HTTPAuthorizationCredentials | None) -> Identity:
        """Return who sent the request, by its bearer token.

        Raises:
            Problem: there is no token, or it is not good any more.
        """
        if bearer is None:
            raise unauthenticated()
        return await self.believed(bearer.credentials)

    def refuse_foreign(self, connection: HTTPConnection) -> None:
        """Refuse what another web site makes a browser send, cookies and all.

        Raises:
            Problem: the request names an origin that is neither ours nor allowed.
        """
        origin = connection.headers.get("origin")
        if origin is None or origin in self.origins:
            return
        if urlsplit(origin).netloc != connection.headers.get("host"):
            raise Problem(403, "foreign_origin", "this web site may not use the API")

    def hold_refresh(self, response: Response, refresh: RefreshToken) -> None:
        """Put the refresh token where scripts cannot read it."""
        self._hold(response, "refresh", refresh, self.refresh_path, self.sessions.lifetime)

    def hold_playback(self, response: Response, identity: Identity, path: str) -> None:
        """Put a token for media elements, which cannot send a header, in a cookie for `path`.

        It is safer than a signed address: scripts cannot read it, it is not kept in histories and
        logs, it cannot be passed on, and it ends at log-out.
        """
        playback = self.tokens.issue(identity, Audience.PLAYBACK)
        self._hold(response, "playback", playback, path, self.tokens.lifetime)

    def _hold(
        self, response: Response, kind: str, value: str, path: str, lifetime: timedelta
    ) -> None:
        response.set_cookie(
            f"{self.name}_{kind}",
            value,
            max_age=int(lifetime.total_seconds()),
            path=path,
            secure=self.over_tls,
            httponly=True,
            samesite="strict",
        )

    def drop_refresh(self, response: Response) -> None:
        """Make the browser forget the refresh token."""
        self._drop(response, "refresh", self.refresh_path)

    def drop_playback(self, response: Response, path: str) -> None:
        """Make the browser forget the token for media elements."""
        self._drop(response, "playback", path)

    def _drop(self, response: Response, kind: str, path: str) -> None:
        response.delete_cookie(f"{self.name}_{kind}", path=path, httponly=True, samesite="strict")


def login_limits(email: str) -> tuple[Limit, ...]:
    """Return the limits on wrong guesses: against one account, from one place, and in all."""
    ip = current_request().ip
    return (
        Limit(f"login {ip} {email}", 10, QUARTER),
        Limit(f"login {ip}", 100, QUARTER),
        Limit(f"login {email}", 100, QUARTER),
    )
