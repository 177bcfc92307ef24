"""Small rules, each looked at alone."""

import base64
import secrets

import pytest
from media import wav
from seaway_service.content import disposition

from aixsss.keyring import Keyring, UnreadableSecretError
from aixsss.media import known_type, safe_name, sniffed_type

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


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
