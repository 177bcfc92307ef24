"""Sixteen ways in which providers fail, each with the outcome that a client may expect.

The sixteen are those that the public failoverbench names. Each test has a route, and so a provider
and a breaker, of its own.
"""

import asyncio
import time

import openai
import pytest
import pytest_asyncio

from tests.ai.conftest import Program, gateway, provider, simulating

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUESTION = [{"role": "user", "content": "Why is the sky blue? [[tokens: 20]]"}]
LIMITS = {"first": 0.6, "between": 0.4, "total": 10}
FAULTS = {
    "limited": "", "overloaded": "", "once": "", "flapping": "",
    "refused": "429", "down": "503", "reset": "reset", "silent": "silent", "late": "first;for=5",
    "cut": "cut;at=5", "stalled": "stall;at=5", "malformed": "pace;for=20ms,malformed;at=5",
    "endless": "no-end", "long": "context", "filtered": "filter", "prefix": "cut;at=5",
    "truthful": "503", "page": "page", "busy": "pace;for=20ms,event;at=5", "broken": "cut",
}  # fmt: skip
"""By route; asked of the first provider by its name for the model."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def first():
    async with simulating() as program:
        yield program


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def second():
    async with simulating() as program:
        yield program


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(first, second):
    providers = {name: provider(first, **LIMITS) for name in FAULTS} | {"spare": provider(second)}
    routes = {}
    for name, fault in FAULTS.items():
        model = f"{name}!{fault}" if fault else name
        spare = {"provider": "spare", "model": f"spare-of-{name}"}
        alone = name in {"limited", "once", "flapping"}
        routes[name] = {"to": [{"provider": name, "model": model}, *([] if alone else [spare])]}
    routes["prefix"]["to"][1]["model"] += "!prefix"
    async with gateway(providers, routes=routes) as program:
        yield program


async def whole(door: Program, route: str):
    return await door.openai().chat.completions.create(model=route, messages=QUESTION)


async def streamed(door: Program, route: str) -> tuple[list[str], Exception | None, list]:
    """The tokens of a stream, the error that ended it, and its events."""
    events, error = [], None
    try:
        stream = await door.openai().chat.completions.create(
            model=route, messages=QUESTION, stream=True
        )
        async for each in stream:
            events.append(each)  # noqa: PERF401 -- what came before the error counts
    except openai.APIError as found:
        error = found
    return [each.choices[0].delta.content or "" for each in events], error, events


async def asked_of(program: Program, model: str) -> int:
    """How often a provider was asked for a model."""
    return sum(each["model"] == model for each in (await program.state())["last"])


def assert_typed(error: Exception | None, tokens: list[str], expected: list[str]) -> None:
    """The client is told, may retry, and what it has is a true beginning."""
    assert isinstance(error, openai.APIError)
    assert error.code == "stream_interrupted"
    assert error.body["retryable"] is True
    assert "".join(expected).startswith("".join(tokens))
    assert 0 < len("".join(tokens)) < len("".join(expected))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def expected(second) -> list[str]:
    return (await streamed(second, "any"))[0]


async def test_01_a_429_with_retry_after_is_waited_for(door, first):
    await first.fault("429;retry-after=1", times=1, model="limited")
    begin = time.monotonic()

    assert (await whole(door, "limited")).model == "limited"
    assert 1 <= time.monotonic() - begin < 3


async def test_02_a_429_that_stays_goes_to_the_next_provider(door, first):
    assert (await whole(door, "refused")).model == "spare-of-refused"
    assert await asked_of(first, "refused") == 1


async def test_03_one_500_is_tried_again(door, first):
    await first.fault("500", times=1, model="once")

    assert (await whole(door, "once")).model == "once"
    assert await asked_of(first, "once") == 2


async def test_04_a_503_that_stays_goes_to_the_next_provider(door):
    begin = time.monotonic()

    assert (await whole(door, "down")).model == "spare-of-down"
    assert time.monotonic() - begin < 1


async def test_05_a_reset_before_the_head_goes_to_the_next_provider(door):
    assert (await whole(door, "reset")).model == "spare-of-reset"
    assert (await whole(door, "page")).model == "spare-of-page"
    assert (await whole(door, "broken")).model == "spare-of-broken"


async def test_06_who_does_not_answer_is_left(door):
    begin = time.monotonic()

    assert (await whole(door, "silent")).model == "spare-of-silent"
    assert 0.6 <= time.monotonic() - begin < 2


async def test_07_a_slow_first_token_is_not_waited_for(door, expected):
    tokens, error, events = await streamed(door, "late")

    assert (tokens, error) == (expected, None)
    assert events[0].model == "spare-of-late"


async def test_08_a_stream_that_is_cut_has_a_typed_end(door, expected):
    tokens, error, _ = await streamed(door, "cut")

    assert_typed(error, tokens, expected)


async def test_09_a_stream_that_stalls_has_a_typed_end(door, expected):
    begin = time.monotonic()
    tokens, error, _ = await streamed(door, "stalled")

    assert_typed(error, tokens, expected)
    assert time.monotonic() - begin < 3


async def test_10_a_malformed_piece_is_never_passed_on(door, expected):
    tokens, error, _ = await streamed(door, "malformed")

    assert_typed(error, tokens, expected)


async def test_11_an_answer_without_its_end_is_no_whole_answer(door, expected):
    tokens, error, _ = await streamed(door, "endless")

    assert isinstance(error, openai.APIError)
    assert error.code == "stream_interrupted"
    assert tokens == expected[:-1]


async def test_12_a_prompt_that_is_too_long_is_the_client_s_affair(door, first, second):
    with pytest.raises(openai.BadRequestError) as caught:
        await whole(door, "long")

    assert caught.value.code == "context_length_exceeded"
    assert await asked_of(first, "long") == 1
    assert await asked_of(second, "spare-of-long") == 0


async def test_13_a_content_filter_is_not_routed_around(door, second):
    with pytest.raises(openai.BadRequestError) as caught:
        await whole(door, "filtered")

    assert caught.value.code == "content_filter"
    assert await asked_of(second, "spare-of-filtered") == 0


async def test_14_a_beginning_is_not_given_to_a_provider_that_refuses_it(door, second, expected):
    tokens, error, _ = await streamed(door, "prefix")

    assert_typed(error, tokens, expected)
    assert await asked_of(second, "spare-of-prefix") == 0


async def test_15_a_flapping_provider_is_left_alone_probed_and_used_again(door, first):
    await first.fault("500", model="flapping")
    codes = []
    for _ in range(12):
        with pytest.raises(openai.APIStatusError) as caught:
            await whole(door, "flapping")
        codes.append(caught.value.code)
    asked_while_down = await asked_of(first, "flapping")
    state = (await door.http.get("/readyz")).json()["providers"]["flapping"]
    await first.healed()

    assert codes[-1] == "no_provider"
    assert asked_while_down < 12
    assert state == "open"
    answer = await once_again(door, "flapping")
    assert answer.model == "flapping"
    assert (await door.http.get("/readyz")).json()["providers"]["flapping"] == "closed"


async def once_again(door: Program, route: str):
    """The answer, when the gateway says that it may be asked again."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await whole(door, route)
            except openai.InternalServerError as error:
                await asyncio.sleep(float(error.response.headers["retry-after-ms"]) / 1000)


async def test_16_the_answer_of_a_fallback_is_told_as_it_is(door, second):
    through = await whole(door, "truthful")
    own = await whole(second, "spare-of-truthful")

    assert (through.model, through.usage) == (own.model, own.usage)


async def test_an_error_inside_of_a_stream_is_a_typed_end_too(door, expected):
    tokens, error, _ = await streamed(door, "busy")

    assert_typed(error, tokens, expected)


@pytest.mark.parametrize("kind", ["cut", "break", "stall", "malformed", "event"])
async def test_no_break_at_any_piece_is_silent(first, second, expected, kind):
    """G3: whole from the other provider before the first token, a typed end after it."""
    pieces = len(expected)
    providers, routes = {"spare": provider(second)}, {}
    for at in range(pieces):
        providers[f"p{at}"] = provider(first, **LIMITS)
        model = {"provider": f"p{at}", "model": f"x!pace;for=5ms,{kind};at={at}"}
        routes[f"at-{at}"] = {"to": [model, {"provider": "spare", "model": "spare"}]}
    async with gateway(providers, routes=routes) as door:
        found = await asyncio.gather(*(streamed(door, f"at-{at}") for at in range(pieces)))

    for at, (tokens, error, events) in enumerate(found):
        if at <= 1:
            assert (tokens, error, events[0].model) == (expected, None, "spare"), at
        else:
            typed = getattr(error, "code", "") == "stream_interrupted"
            true = "".join(expected).startswith("".join(tokens))
            assert (typed and true) or (tokens, error) == (expected, None), at
