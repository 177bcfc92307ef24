"""Finds out who is asking."""

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie
from seaway_service.access import Bearer
from seaway_service.sessions import RefreshToken
from seaway_service.tokens import Audience, Identity

from aixsss.parts import Known, Parts

REFRESH_COOKIE = "aixsss_refresh"
PLAYBACK_COOKIE = "aixsss_playback"
PLAYBACK_PATH = "/api/files"

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
    return await known.access.bearer(bearer)


async def viewer(
    request: Request, known: Known, bearer: Bearer, playback: PlaybackCookie
) -> Identity:
    """Return who wants to play a file, by bearer token or by the playback cookie.

    A media element cannot send a header. The cookie is safer than a signed address: scripts cannot
    read it, it is not kept in histories and logs, it cannot be passed on, and it ends at log-out.
    """
    if playback is None or "authorization" in request.headers:
        return await caller(known, bearer)
    return await known.access.believed(playback, Audience.PLAYBACK)


Caller = Annotated[Identity, Depends(caller)]
Viewer = Annotated[Identity, Depends(viewer)]


async def refuse_foreign_origin(connection: HTTPConnection, known: Known) -> None:
    """Refuse what another web site makes a browser send, cookies and all.

    Raises:
        Problem: the request names an origin that is neither ours nor allowed.
    """
    known.access.refuse_foreign(connection)


def set_cookies(
    response: Response, known: Parts, identity: Identity, refresh: RefreshToken
) -> None:
    """Put the refresh token and the playback token where scripts cannot read them."""
    known.access.hold_refresh(response, refresh)
    known.access.hold_playback(response, identity, PLAYBACK_PATH)


def drop_cookies(response: Response, known: Parts) -> None:
    """Make the browser forget both."""
    known.access.drop_refresh(response)
    known.access.drop_playback(response, PLAYBACK_PATH)
