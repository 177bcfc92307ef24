"""Numbers with units are read exactly or not at all."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from seaway.model.quantity import (
    LARGEST,
    LONGEST,
    cpu,
    duration,
    money,
    percent,
    rate,
    shown_duration,
    shown_rate,
    shown_size,
    size,
)
from seaway.model.route import Rate


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("512Mi", 512 * 2**20), ("10MB", 10_000_000), ("64KB", 64_000), ("1.5Gi", 3 * 2**29),
        ("20GiB", 20 * 2**30), ("7B", 7), ("3 k", 3000), ("2T", 2 * 10**12),
    ],
)  # fmt: skip
def test_a_size_is_read_exactly(written, count):
    assert size(written) == count


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("500ms", 0.5), ("30s", 30), ("1h30m", 5400), ("7d", 604800), ("1.5h", 5400), ("0s", 0)],
)
def test_a_duration_is_read_exactly(written, seconds):
    assert duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10/s", Rate(count=10)),
        ("1000/min", Rate(count=1000, per=timedelta(minutes=1))),
        ("10/s per ip", Rate(count=10)),
        ("0.5 / hour", Rate(count=0.5, per=timedelta(hours=1))),
    ],
)
def test_a_rate_is_read_exactly(written, meant):
    assert rate(written) == meant


def test_the_others_are_read_exactly():
    assert percent("99.9%") == 99.9
    assert [cpu(0.5), cpu(2), cpu("500m"), cpu("1.5")] == [0.5, 2, 0.5, 1.5]
    daily = money("20 CNY/day")
    assert (daily.amount, daily.currency, daily.per) == (Decimal(20), "CNY", "day")
    assert str(money("0.5 USD")) == "0.5 USD"


@pytest.mark.parametrize("read", [size, duration, rate, percent, money])
@pytest.mark.parametrize("bare", [10, 0.5, "10", " 10 "])
def test_a_bare_number_is_asked_for_its_unit(read, bare):
    """512 of what? A guess would be right on most days."""
    with pytest.raises(PydanticCustomError) as refused:
        read(bare)

    assert refused.value.type == "SW146"
    assert refused.value.context["example"]


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (size, "512mi"), (size, "-1Mi"), (size, "1.0000001k"), (size, "9999999T"), (size, "1e3Mi"),
        (duration, "5 minutes"), (duration, "1h 30x"), (duration, "-5s"), (duration, "9999999d"),
        (rate, "10"), (rate, "10/fortnight"), (rate, "0/s"), (percent, "101%"), (money, "20 yuan"),
        (cpu, True), (cpu, 0), (cpu, "0.5Mi"), (cpu, None), (size, True), (duration, None),
        (size, "٣Mi"), (duration, "١s"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(read, wrong):
    with pytest.raises(PydanticCustomError):
        read(wrong)


@given(st.integers(min_value=0, max_value=LARGEST))
def test_a_size_survives_being_written_and_read(count):
    assert size(shown_size(count)) == count


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_a_duration_survives_being_written_and_read(span):
    assert duration(shown_duration(span)) == span


@given(
    st.integers(min_value=1, max_value=10**9),
    st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)]),
)
def test_a_rate_survives_being_written_and_read(count, per):
    assert rate(shown_rate(Rate(count=count, per=per))) == Rate(count=count, per=per)


@given(st.text(max_size=30), st.sampled_from([size, duration, rate, percent, money, cpu]))
def test_any_text_is_read_or_refused(text, read):
    with suppress(PydanticCustomError):
        read(text)
