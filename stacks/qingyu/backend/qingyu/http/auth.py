"""Signs people up, logs them in and out, and says who they are."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from seaway_service.bodies import Answer, Moment, sent, takes
from seaway_service.credentials import LogIn, SignUp
from seaway_service.logs import current_request
from seaway_service.problems import conflict, unauthenticated
from seaway_service.routes import router_of
from seaway_service.sessions import RefreshToken, SessionEndedError
from seaway_service.tokens import Audience, Identity

from qingyu.http.identity import Caller, RefreshCookie, refuse_foreign_origin
from qingyu.parts import Known, Parts
from qingyu.stores.accounts import Account, EmailTakenError

router = router_of("accounts", prefix="/api/v1")
OUR_ORIGIN = [Depends(refuse_foreign_origin)]


class Person(Answer):
    """What a user sees of the account."""

    id: UUID
    email: str
    created_at: Moment


class OnePerson(Answer):
    """Who is asking, and which copy answers."""

    user: Person
    served_by: str


class LoggedIn(Answer):
    """The account and its access token; the refresh token is in a cookie."""

    user: Person
    access_token: Annotated[str, Field(repr=False)]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- the kind of the token, not the token
    expires_in: Annotated[int, Field(description="seconds")]


@router.post(
    "/auth/register", status_code=201, dependencies=OUR_ORIGIN, openapi_extra=takes(SignUp)
)
async def register(
    known: Known, response: Response, asked: Annotated[SignUp, Depends(sent(SignUp))]
) -> LoggedIn:
    """Make an account and log its owner in."""
    await known.access.may_sign_up()
    password_hash = await known.access.passwords.hashed(asked.password)
    try:
        account = await known.accounts.add(asked.email, password_hash)
    except EmailTakenError as error:
        raise conflict("email_taken", "there is an account with this address") from error
    return await logged_in(known, response, account)


@router.post("/auth/login", dependencies=OUR_ORIGIN, openapi_extra=takes(LogIn))
async def log_in(
    known: Known, response: Response, asked: Annotated[LogIn, Depends(sent(LogIn))]
) -> LoggedIn:
    """Begin a session for whoever knows the password."""
    account = await known.access.admitted(asked.email, asked.password, known.accounts.by_email)
    return await logged_in(known, response, account)


@router.post("/auth/refresh", response_model=LoggedIn, dependencies=OUR_ORIGIN)
async def refresh(
    known: Known, response: Response, token: RefreshCookie
) -> LoggedIn | JSONResponse:
    """Exchange the refresh token in the cookie for new tokens."""
    try:
        identity, successor = await known.access.sessions.refresh(token or "")
    except SessionEndedError:
        refusal = JSONResponse(unauthenticated("the session has ended").shown(), status_code=401)
        known.access.drop_refresh(refusal)
        return refusal
    current_request().user_id = str(identity.user_id)
    account = await known.accounts.by_id(identity.user_id)
    if account is None:
        raise unauthenticated("the account is gone")
    return with_tokens(known, response, account, (identity, successor))


@router.post("/auth/logout", status_code=204, dependencies=OUR_ORIGIN)
async def log_out(known: Known, token: RefreshCookie) -> Response:
    """End the session; all its tokens are void at once."""
    await known.access.sessions.withdraw(token or "")
    response = Response(status_code=204)
    known.access.drop_refresh(response)
    return response


@router.get("/me")
async def me(known: Known, identity: Caller) -> OnePerson:
    """Say who is asking."""
    account = await known.accounts.by_id(identity.user_id)
    if account is None:
        raise unauthenticated("the account is gone")
    return OnePerson(user=shown(account), served_by=known.settings.INSTANCE)


async def logged_in(known: Parts, response: Response, account: Account) -> LoggedIn:
    """Begin a session for the account."""
    session = await known.access.session(account.id)
    return with_tokens(known, response, account, session)


def with_tokens(
    known: Parts, response: Response, account: Account, session: tuple[Identity, RefreshToken]
) -> LoggedIn:
    """Hand over the access token in the body and the other one in a cookie."""
    identity, refresh_token = session
    known.access.hold_refresh(response, refresh_token)
    return LoggedIn(
        user=shown(account),
        access_token=known.access.tokens.issue(identity, Audience.API),
        expires_in=int(known.access.tokens.lifetime.total_seconds()),
    )


def shown(account: Account) -> Person:
    """Return what a user sees of the account."""
    return Person(id=account.id, email=account.email, created_at=account.created_at)
