"""What the first bytes of a picture say is what its decoder finds, for every way of writing."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.ai.vision.decoding import Refused, checked
from seaway.ai.vision.headers import JPEG, PNG, animated, kind, size, whole
from seaway.ai.vision.settings import Limits
from tests.ai import pictures
from tests.ai.pictures import encoded, picture

WRITTEN = {
    "JPEG": ("jpeg", encoded),
    "progressive JPEG": ("jpeg", lambda it: encoded(it, progressive=True)),
    "JPEG with a comment": ("jpeg", lambda it: encoded(it, comment=b"x" * 60_000)),
    "PNG": ("png", lambda it: encoded(it, "PNG")),
    "WebP": ("webp", lambda it: encoded(it, "WEBP")),
    "lossless WebP": ("webp", lambda it: encoded(it, "WEBP", lossless=True)),
    "WebP with a profile": ("webp", lambda it: encoded(it, "WEBP", icc_profile=b"x" * 200)),
    "see-through WebP": ("webp", lambda it: encoded(it.convert("RGBA"), "WEBP")),
}


@pytest.mark.parametrize("shape", [(1, 1), (3, 257), (640, 480), (1025, 2)])
@pytest.mark.parametrize("case", WRITTEN)
def test_kind_and_size_are_read_from_the_header(case, shape):
    named, write = WRITTEN[case]
    data = write(picture(*shape))

    assert (kind(data), size(data)) == (named, shape)
    assert not animated(data)
    assert whole(data)
    assert checked(data, Limits()) == named


def test_what_moves_says_so_and_what_is_too_large_is_refused_by_what_it_says():
    assert animated(pictures.animated("PNG"))
    assert animated(pictures.animated("WEBP"))
    with pytest.raises(Refused, match="too_many_pixels"):
        checked(pictures.huge_png(), Limits())
    with pytest.raises(Refused, match="too_many_pixels"):
        checked(encoded(picture(101, 100)), Limits(pixels=10_000))


@given(
    st.sampled_from((JPEG, PNG, b"RIFF\x10\0\0\0WEBPVP8X", b"RIFF\0\0\0\0WEBP", b"")), st.binary()
)
def test_any_bytes_are_looked_at_without_harm(start, rest):
    with contextlib.suppress(Refused):
        checked(start + rest, Limits())
