"""Finds out who is asking."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie
from seaway_service.access import Bearer
from seaway_service.problems import Problem
from seaway_service.tokens import Audience, Identity

from lulab.parts import Known

ADMIN = "admin"
PLAYBACK_PATH = "/api/recordings"

RefreshCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name="lulab_refresh", scheme_name="refreshCookie", auto_error=False)),
]
PlaybackCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name="lulab_playback", scheme_name="playbackCookie", auto_error=False)),
]


async def caller(known: Known, bearer: Bearer) -> Identity:
    """Return who sent the request, by its bearer token.

    Raises:
        Problem: there is no token, or it is not good any more.
    """
    return await known.access.bearer(bearer)


async def listener(
    request: Request, known: Known, bearer: Bearer, playback: PlaybackCookie
) -> Identity:
    """Return who wants to hear a recording, by bearer token or by the playback cookie."""
    if playback is None or "authorization" in request.headers:
        return await known.access.bearer(bearer)
    return await known.access.believed(playback, Audience.PLAYBACK)


Caller = Annotated[Identity, Depends(caller)]
Listener = Annotated[Identity, Depends(listener)]


async def refuse_foreign_origin(connection: HTTPConnection, known: Known) -> None:
    """Refuse what another web site makes a browser send, cookies and all.

    Raises:
        Problem: the request names an origin that is neither ours nor allowed.
    """
    known.access.refuse_foreign(connection)


async def admin(known: Known, identity: Caller) -> Identity:
    """Return who sent the request, if it is an admin.

    Raises:
        Problem: it is not.
    """
    account = await known.accounts.by_id(identity.user_id)
    if account is None or account.role != ADMIN:
        raise Problem(403, "admins_only", "this is for admins")
    return identity


Admin = Annotated[Identity, Depends(admin)]
