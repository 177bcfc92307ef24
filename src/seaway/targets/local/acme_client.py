"""Acme client: a program that gets one certificate, and lets its caller answer the challenge.

It is a program of its own because the library it uses waits in threads and takes 14 MB: both end
with it. One line of JSON comes in, lines of JSON go out, and a line comes in when the challenges
can be asked for.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from acme import client, crypto_util, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from seaway.durable import write_whole

HTTP = "http-01"
"""The challenge that a proxy can meet (RFC 8555, 8.3)."""
ANSWER_WITHIN = 20
"""Seconds for one question to the authority."""
PATIENCE = timedelta(seconds=90)
"""For it to look at the challenge and to sign."""


class Order(TypedDict):
    """What is wanted, from whom."""

    directory: str
    ca: str
    email: str
    account: str
    """The file of the account's key; made when it is not there."""
    host: str


def main() -> None:
    """Write what came of it; always ends with 0."""
    try:
        order: Order = json.loads(sys.stdin.readline())
        said = issued(order, _served)
    except (errors.Error, messages.Error, OSError, ValueError) as problem:
        said = {"failed": _words(problem)}
    print(json.dumps(said), flush=True)  # noqa: T201 -- this is how it answers


def issued(order: Order, serve: Callable[[dict[str, str]], None]) -> dict[str, str]:
    """Chain and key, once whoever is asked has seen that the host is ours."""
    authority = _registered(order)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = _pem(key)
    asked = authority.new_order(crypto_util.make_csr(pem, [order["host"]]))
    open_ = tuple(_open(asked))
    account = authority.net.key
    serve({each.path: each.validation(account) for each in (one.chall for one in open_)})
    for each in open_:
        authority.answer_challenge(each, each.response(account))
    done = authority.poll_and_finalize(asked, datetime.now() + PATIENCE)  # noqa: DTZ005 -- as the library has it
    return {"chain": done.fullchain_pem, "key": pem.decode()}


def _registered(order: Order) -> client.ClientV2:
    key = JWKEC(key=_account(Path(order["account"])))
    net = client.ClientNetwork(
        key, alg=ES256, user_agent="seaway", timeout=ANSWER_WITHIN,
        verify_ssl=order["ca"] or True,  # type: ignore[arg-type]  # requests takes a file too
    )  # fmt: skip
    directory = client.ClientV2.get_directory(order["directory"], net)
    authority = client.ClientV2(directory, net)
    wish = messages.NewRegistration.from_data(
        email=order["email"] or None, terms_of_service_agreed=True
    )
    try:
        authority.new_account(wish)
    except errors.ConflictError as known:
        account = messages.Registration()
        net.account = messages.RegistrationResource(uri=known.location, body=account)
    return authority


def _open(order: messages.OrderResource) -> Iterator[messages.ChallengeBody]:
    """The challenges to be met; none for a host that was seen a short while ago."""
    for each in _authorizations(order):
        if each.body.status == messages.STATUS_PENDING:
            yield next(one for one in _challenges(each) if one.to_partial_json()["type"] == HTTP)


def _authorizations(order: messages.OrderResource) -> Sequence[messages.AuthorizationResource]:
    return order.authorizations  # pyright: ignore[reportReturnType]  # its decoder has its name


def _challenges(each: messages.AuthorizationResource) -> Sequence[messages.ChallengeBody]:
    return each.body.challenges  # pyright: ignore[reportReturnType]  # likewise


def _account(file: Path) -> ec.EllipticCurvePrivateKey:
    if not file.exists():
        made = _pem(ec.generate_private_key(ec.SECP256R1()))
        write_whole(file, made, mode=0o600, durable=True)
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise ValueError(f"{file} holds no key of this kind")


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _served(answers: dict[str, str]) -> None:
    print(json.dumps({"serve": answers}), flush=True)  # noqa: T201 -- this is how it asks
    if not sys.stdin.readline():
        raise OSError("hung up")


def _words(problem: Exception) -> str:
    """What the authority says, or why it could not be asked."""
    match problem:
        case errors.ValidationError():
            found = [
                one.error for each in problem.failed_authzrs for one in _challenges(each)
                if one.error is not None
            ]  # fmt: skip
            return "; ".join(map(_said, found)) or "the challenge was not met"
        case messages.Error():
            return _said(problem)
        case errors.TimeoutError():
            return f"the authority did not sign within {PATIENCE.seconds} s"
        case OSError() if problem.filename is None:  # all of the library `requests` are such
            return f"the authority cannot be reached: {problem}"
        case _:
            return f"{type(problem).__name__}: {problem}"


def _said(error: messages.Error) -> str:
    return f"{error.detail or error.typ}"


if __name__ == "__main__":
    main()
