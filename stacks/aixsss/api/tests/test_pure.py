"""Small rules, each looked at alone."""

import asyncio
import base64
import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from media import wav

from aixsss.keyring import Keyring, UnreadableSecretError
from aixsss.logs import masked
from aixsss.media import disposition, known_type, safe_name, sniffed_type
from aixsss.ranges import Span, span
from aixsss.signing import Credentials, Unsigned, signed_headers
from aixsss.stores.breaker import Breaker
from aixsss.stores.errors import UnavailableError
from aixsss.tokens import Audience, BadTokenError, Identity, Tokens

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


def test_an_old_encryption_key_still_opens_what_it_sealed() -> None:
    old, new = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    sealed = Keyring.parse(old).seal("sk-1", bound_to="ann")

    ring = Keyring.parse(f"2027:{new},2026:{old}")

    assert ring.open(sealed, bound_to="ann") == "sk-1"
    assert ring.seal("sk-1", bound_to="ann").key_id == "2027"
    for other, owner in ((ring, "bob"), (Keyring.parse(new), "ann")):
        with pytest.raises(UnreadableSecretError):
            other.open(sealed, bound_to=owner)


@pytest.mark.parametrize(
    "text", ["", "x", "a:b:c", f"a:{'ab' * 32},a:{'cd' * 32}", "!" * 44, "ab" * 33]
)
def test_broken_keyrings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        Keyring.parse(text)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (wav(100), "audio/wav"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypheic", None),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xff\xff\xff", None),
        (b"OggS", "audio/ogg"),
        (b"<svg xmlns=", None),
        (b"", None),
    ],
)
def test_media_are_told_by_their_bytes(head: bytes, media_type: str | None) -> None:
    assert sniffed_type(head) == media_type


def test_names_are_made_safe_and_stay_readable() -> None:
    assert known_type("Audio/X-WAV; codecs=1") == "audio/wav"
    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("歌 曲.wav") == "歌 曲.wav"
    assert safe_name(" .. ") == "file"
    assert safe_name("a" * 300 + ".wav").endswith("aaa.wav")
    assert len(safe_name("a" * 300 + ".wav")) == 200
    assert disposition("歌.wav") == "inline; filename=\"_.wav\"; filename*=UTF-8''%E6%AD%8C.wav"


@pytest.mark.parametrize(
    "secret",
    ["postgresql://a:hunter2@h/d", "Bearer hunter2", "sk-hunter2-hunter2", "known hunter2"],
)
def test_what_looks_like_a_secret_is_masked(secret: str) -> None:
    assert "hunter2" not in masked(f"failed: {secret} !", ["known hunter2"])


def test_tokens_signed_with_the_previous_secret_live_on_while_it_is_known() -> None:
    old, new, lifetime = "o" * 40, "n" * 40, timedelta(minutes=1)
    who = Identity(uuid4(), uuid4())
    token = Tokens([old], lifetime).issue(who, Audience.API)

    assert Tokens([new, old], lifetime).identity(token, Audience.API) == who
    with pytest.raises(BadTokenError):
        Tokens([new], lifetime).identity(token, Audience.API)


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
