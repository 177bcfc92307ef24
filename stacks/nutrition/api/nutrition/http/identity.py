"""Finds out who is asking."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie
from seaway_service.access import Bearer
from seaway_service.problems import Problem
from seaway_service.tokens import Identity

from nutrition.parts import Known

REFRESH_COOKIE = "nutrition_refresh"
ADMIN = "admin"

RefreshCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name=REFRESH_COOKIE, scheme_name="refreshCookie", auto_error=False)),
]


async def caller(known: Known, bearer: Bearer) -> Identity:
    """Return who sent the request, by its bearer token.

    Raises:
        Problem: there is no token, or it is not good any more.
    """
    return await known.access.bearer(bearer)


Caller = Annotated[Identity, Depends(caller)]


async def refuse_foreign_origin(connection: HTTPConnection, known: Known) -> None:
    """Refuse what another web site makes a browser send, cookies and all.

    Raises:
        Problem: the request names an origin that is neither ours nor allowed.
    """
    known.access.refuse_foreign(connection)


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
