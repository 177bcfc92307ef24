"""Small rules, each looked at alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from seaway_service.breaker import Breaker
from seaway_service.errors import UnavailableError
from seaway_service.logs import masked
from seaway_service.ranges import Span, span
from seaway_service.signing import Credentials, Unsigned, signed_headers
from seaway_service.tokens import Audience, BadTokenError, Identity, Tokens

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("query", "headers", "signature"),
    [
        (
            {"lifecycle": ""},
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            {"max-keys": "2", "prefix": "J"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_the_aws_examples(
    query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    """Amazon S3 API Reference, "Signature Calculations for the Authorization Header"."""
    by = Credentials(
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
    )
    request = Unsigned(
        method="GET",
        path="/",
        query=query,
        headers={"host": "examplebucket.s3.amazonaws.com", **headers},
        payload_hash=EMPTY,
    )

    signed = signed_headers(request, by, datetime(2013, 5, 24, tzinfo=UTC))

    assert signed["authorization"].endswith(f"Signature={signature}")


def test_every_range_lies_inside_of_the_file() -> None:
    for size in range(1, 6):
        for first in range(size):
            for last in range(first, 8):
                assert span(f"bytes={first}-{last}", size) == Span(first, min(last, size - 1))


@pytest.mark.parametrize(
    "secret",
    ["postgresql://a:hunter2@h/d", "Bearer hunter2", "sk-hunter2-hunter2", "known hunter2"],
)
def test_what_looks_like_a_secret_is_masked(secret: str) -> None:
    assert "hunter2" not in masked(f"failed: {secret} !", ["known hunter2"])


def test_tokens_signed_with_the_previous_secret_live_on_while_it_is_known() -> None:
    old, new, lifetime = "o" * 40, "n" * 40, timedelta(minutes=1)
    who = Identity(uuid4(), uuid4())
    token = Tokens([old], lifetime, "shop").issue(who, Audience.API)

    assert Tokens([new, old], lifetime, "shop").identity(token, Audience.API) == who
    with pytest.raises(BadTokenError):
        Tokens([new], lifetime, "shop").identity(token, Audience.API)


async def failing(breaker: Breaker) -> None:
    """Fail once inside of the breaker."""
    async with breaker.guard():
        raise UnavailableError("store")


async def asked(breaker: Breaker, made: list[str]) -> None:
    """Succeed once inside of the breaker."""
    async with breaker.guard():
        made.append("asked")


def test_a_store_that_keeps_failing_is_left_alone_for_a_while() -> None:
    now, made = [0.0], list[str]()
    breaker = Breaker("store", clock=lambda: now[0])

    async def scene() -> None:
        for _ in range(5):
            with pytest.raises(UnavailableError):
                await failing(breaker)
        with pytest.raises(UnavailableError):
            await asked(breaker, made)
        assert made == []
        now[0] = 2.0
        await asked(breaker, made)
        await asked(breaker, made)

    asyncio.run(scene())
    assert made == ["asked", "asked"]
