"""Signs people up, logs them in and out, and says who they are."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field

from nutrition.http.bodies import Answer, Body, Moment, sent, takes
from nutrition.http.identity import (
    Caller,
    RefreshCookie,
    drop_cookie,
    refuse_foreign_origin,
    set_cookie,
)
from nutrition.http.routes import router_of
from nutrition.logs import current_request
from nutrition.metrics import LOGINS
from nutrition.parts import Known, Parts
from nutrition.passwords import LONGEST_BYTES, SHORTEST
from nutrition.problems import Problem, conflict, not_found, too_many, unauthenticated
from nutrition.stores.accounts import EmailTakenError
from nutrition.stores.models import Account
from nutrition.stores.sessions import RefreshToken, SessionEndedError
from nutrition.stores.throttle import Limit
from nutrition.tokens import Audience, Identity

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
QUARTER = timedelta(minutes=15)

router = router_of("accounts")
OUR_ORIGIN = [Depends(refuse_foreign_origin)]


def email_address(text: str) -> str:
    """Return the address in the form it is kept in."""
    address = text.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):  # noqa: PLR2004
        raise ValueError("is not an e-mail address")
    return address


def new_password(text: str) -> str:
    """Return the password if it is neither too short nor too long."""
    if len(text) < SHORTEST:
        raise ValueError(f"must have at least {SHORTEST} characters")
    if len(text.encode()) > LONGEST_BYTES:
        raise ValueError(f"must not be longer than {LONGEST_BYTES} bytes")
    return text


Email = Annotated[str, AfterValidator(email_address)]


class Register(Body):
    """What a new user says."""

    email: Email
    password: Annotated[str, Field(repr=False), AfterValidator(new_password)]


class LogIn(Body):
    """What a user says who comes back."""

    email: Email
    password: Annotated[str, Field(repr=False, max_length=1024)]


class Person(Answer):
    """What a user sees of the account."""

    id: UUID
    email: str
    role: Literal["guest", "admin"]
    created_at: Moment


class OnePerson(Answer):
    """Who is asking."""

    user: Person


class LoggedIn(Answer):
    """The account and its access token; the refresh token is in a cookie."""

    user: Person
    access_token: Annotated[str, Field(repr=False)]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 -- the kind of the token, not the token
    expires_in: Annotated[int, Field(description="seconds")]


@router.post(
    "/auth/register", status_code=201, dependencies=OUR_ORIGIN, openapi_extra=takes(Register)
)
async def register(
    known: Known, response: Response, asked: Annotated[Register, Depends(sent(Register))]
) -> LoggedIn:
    """Make an account and log its owner in."""
    by_address = Limit(f"register {current_request().ip}", 200, timedelta(hours=1))
    if wait := await known.throttle.take(by_address):
        raise too_many(wait)
    password_hash = await known.passwords.hashed(asked.password)
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
    limits = login_limits(asked.email)
    if wait := await known.throttle.take(*limits):
        LOGINS.labels(outcome="throttled").inc()
        raise too_many(wait)
    account = await known.accounts.by_email(asked.email)
    kept = account.password_hash if account else None
    right = await known.passwords.right(asked.password, kept)
    if account is None or not right:
        LOGINS.labels(outcome="refused").inc()
        raise Problem(401, "wrong_credentials", "the address or the password is wrong")
    await known.throttle.give_back(*limits)
    LOGINS.labels(outcome="accepted").inc()
    return await logged_in(known, response, account)


def login_limits(email: str) -> tuple[Limit, ...]:
    """Return the limits on wrong guesses: against one account, from one place, and in all."""
    ip = current_request().ip
    return (
        Limit(f"login {ip} {email}", 10, QUARTER),
        Limit(f"login {ip}", 100, QUARTER),
        Limit(f"login {email}", 100, QUARTER),
    )


@router.post("/auth/refresh", response_model=LoggedIn, dependencies=OUR_ORIGIN)
async def refresh(
    known: Known, response: Response, token: RefreshCookie
) -> LoggedIn | JSONResponse:
    """Exchange the refresh token in the cookie for new tokens."""
    try:
        identity, successor = await known.sessions.refresh(token or "")
    except SessionEndedError:
        refusal = JSONResponse(unauthenticated("the session has ended").shown(), status_code=401)
        drop_cookie(refusal)
        return refusal
    current_request().user_id = str(identity.user_id)
    account = await known.accounts.by_id(identity.user_id)
    if account is None:
        raise unauthenticated("the account is gone")
    return with_tokens(known, response, account, (identity, successor))


@router.post("/auth/logout", status_code=204, dependencies=OUR_ORIGIN)
async def log_out(known: Known, token: RefreshCookie) -> Response:
    """End the session; all its tokens are void at once."""
    await known.sessions.withdraw(token or "")
    response = Response(status_code=204)
    drop_cookie(response)
    return response


@router.get("/me")
async def me(known: Known, identity: Caller) -> OnePerson:
    """Say who is asking."""
    account = await known.accounts.by_id(identity.user_id)
    if account is None:
        raise not_found("account")
    return OnePerson(user=shown(account))


async def logged_in(known: Parts, response: Response, account: Account) -> LoggedIn:
    """Begin a session for the account."""
    session = await known.sessions.begin(account.id)
    current_request().user_id = str(account.id)
    return with_tokens(known, response, account, session)


def with_tokens(
    known: Parts, response: Response, account: Account, session: tuple[Identity, RefreshToken]
) -> LoggedIn:
    """Hand over the access token in the body and the other one in a cookie."""
    identity, refresh_token = session
    set_cookie(response, known, refresh_token)
    return LoggedIn(
        user=shown(account),
        access_token=known.tokens.issue(identity, Audience.API),
        expires_in=int(known.tokens.lifetime.total_seconds()),
    )


def shown(account: Account) -> Person:
    """Return what a user sees of the account."""
    role: Literal["guest", "admin"] = "admin" if account.role == "admin" else "guest"
    return Person(id=account.id, email=account.email, role=role, created_at=account.created_at)
