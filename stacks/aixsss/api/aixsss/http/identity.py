"""Finds out who is asking."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from aixsss.logs import current_request
from aixsss.parts import Known, Parts
from aixsss.problems import Problem, unauthenticated
from aixsss.stores.sessions import RefreshToken
from aixsss.tokens import Audience, BadTokenError, Identity

REFRESH_COOKIE = "aixsss_refresh"
REFRESH_PATH = "/api/auth"
PLAYBACK_COOKIE = "aixsss_playback"
PLAYBACK_PATH = "/api/files"

# without errors of their own: ours have one shape
Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(scheme_name="accessToken", bearerFormat="JWT", auto_error=False)),
]
RefreshCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name=REFRESH_COOKIE, scheme_name="refreshCookie", auto_error=False)),
]
PlaybackCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name=PLAYBACK_COOKIE, scheme_name="playbackCookie", auto_error=False)),
]


async def caller(known: Known, bearer: Bearer) -> Identity:
    """Return who sent the request, by its bearer token.

    Raises:
        Problem: there is no token, or it is not good any more.
    """
    if bearer is None:
        raise unauthenticated()
    return await believed(known, bearer.credentials, Audience.API)


async def viewer(
    request: Request, known: Known, bearer: Bearer, playback: PlaybackCookie
) -> Identity:
    """Return who wants to play a file, by bearer token or by the playback cookie.

    A media element cannot send a header. The cookie is safer than a signed address: scripts cannot
    read it, it is not kept in histories and logs, it cannot be passed on, and it ends at log-out.
    """
    if playback is None or "authorization" in request.headers:
        return await caller(known, bearer)
    return await believed(known, playback, Audience.PLAYBACK)


Caller = Annotated[Identity, Depends(caller)]
Viewer = Annotated[Identity, Depends(viewer)]


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


def set_cookies(
    response: Response, known: Parts, identity: Identity, refresh: RefreshToken
) -> None:
    """Put the refresh token and the playback token where scripts cannot read them."""
    playback = known.tokens.issue(identity, Audience.PLAYBACK)
    lifetimes = known.sessions.lifetime, known.tokens.lifetime
    for name, value, path, lifetime in (
        (REFRESH_COOKIE, refresh, REFRESH_PATH, lifetimes[0]),
        (PLAYBACK_COOKIE, playback, PLAYBACK_PATH, lifetimes[1]),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int(lifetime.total_seconds()),
            path=path,
            secure=known.settings.over_tls,
            httponly=True,
            samesite="strict",
        )


def drop_cookies(response: Response) -> None:
    """Make the browser forget both."""
    response.delete_cookie(REFRESH_COOKIE, path=REFRESH_PATH, httponly=True, samesite="strict")
    response.delete_cookie(PLAYBACK_COOKIE, path=PLAYBACK_PATH, httponly=True, samesite="strict")
