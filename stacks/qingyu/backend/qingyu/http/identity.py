"""Finds out who is asking."""

from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyCookie
from seaway_service.access import Bearer
from seaway_service.tokens import Identity

from qingyu.metrics import NAME
from qingyu.parts import Known

RefreshCookie = Annotated[
    str | None,
    Depends(APIKeyCookie(name=f"{NAME}_refresh", scheme_name="refreshCookie", auto_error=False)),
]


async def caller(known: Known, bearer: Bearer) -> Identity:
    """Return who sent the request, by its bearer token.

    Raises:
        Problem: there is no token, or it is not good any more.
    """
    return await known.access.bearer(bearer)


async def owner(identity: Annotated[Identity, Depends(caller)]) -> str:
    """Return whose documents and conversations a request may see."""
    return str(identity.user_id)


Caller = Annotated[Identity, Depends(caller)]
Owner = Annotated[str, Depends(owner)]


async def refuse_foreign_origin(connection: HTTPConnection, known: Known) -> None:
    """Refuse what another web site makes a browser send, cookies and all.

    Raises:
        Problem: the request names an origin that is neither ours nor allowed.
    """
    known.access.refuse_foreign(connection)
