"""Finds out who is asking."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Response
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from nutrition.logs import current_request
from nutrition.parts import Known, Parts
from nutrition.problems import Problem, unauthenticated
from nutrition.stores.sessions import RefreshToken
from nutrition.tokens import Audience, BadTokenError, Identity

REFRESH_COOKIE = "nutrition_refresh"
REFRESH_PATH = "/api/auth"
ADMIN = "admin"

# without errors of their own: ours have one shape
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(scheme_name="accessToken", bearerFormat="JWT", auto_error=False)),
]
RefreshCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name=REFRESH_COOKIE, scheme_name="refreshCookie", auto_error=False)),
]


async def caller(known: Known, bearer: Bearer) -> Identity:
    """Return who sent the request, by its bearer token.

    Raises:
        Problem: there is no token, or it is not good any more.
    """
    if bearer is None:
        raise unauthenticated()
    return await believed(known, bearer.credentials, Audience.API)


Caller = Annotated[Identity, Depends(caller)]


async def believed(known: Parts, token: str, audience: Audience) -> Identity:
    """Return whom the token speaks for, if the session was not withdrawn."""
    try:
        identity = known.tokens.identity(token, audience)
    except BadTokenError as error:
        raise unauthenticated("the token is not valid any more") from error
    if not await known.sessions.alive(identity):
        raise unauthenticated("the session has ended")
    current_request().user_id = str(identity.user_id)
    return identity


async def refuse_foreign_origin(connection: HTTPConnection, known: Known) -> None:
    """Refuse what another web site makes a browser send, cookies and all.

    Raises:
        Problem: the request names an origin that is neither ours nor allowed.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in known.settings.origins:
        return
    if urlsplit(origin).netloc != connection.headers.get("host"):
        raise Problem(403, "foreign_origin", "this web site may not use the API")


async def admin(known: Known, identity: Caller) -> Identity:
    """Return who sent the request, if it is somebody who looks after the restaurant.

    Raises:
        Problem: it is a guest.
    """
    account = await known.accounts.by_id(identity.user_id)
    if account is None or account.role != ADMIN:
        raise Problem(403, "admins_only", "this is for those who look after the restaurant")
    return identity


Admin = Annotated[Identity, Depends(admin)]


def set_cookie(response: Response, known: Parts, refresh: RefreshToken) -> None:
    """Put the refresh token where scripts cannot read it."""
    response.set_cookie(
        REFRESH_COOKIE,
        refresh,
        max_age=int(known.sessions.lifetime.total_seconds()),
        path=REFRESH_PATH,
        secure=known.settings.over_tls,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response) -> None:
    """Make the browser forget it."""
    response.delete_cookie(REFRESH_COOKIE, path=REFRESH_PATH, httponly=True, samesite="strict")
