"""The gateway through OpenAI's own client: what works with a provider works with it."""

import asyncio
import json

import openai
import pytest

from tests.ai.conftest import KEY, gateway, provider

CHINESE, ENGLISH = "怎样做红烧肉？", "How do I braise pork?"
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}}}}  # fmt: skip
PIXEL = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPhf"
         "DwAChwGA60e6kgAAAABJRU5ErkJggg==")  # fmt: skip


@pytest.fixture
async def door(simulator):
    async with gateway({"one": provider(simulator)}) as program:
        yield program


def said(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


async def ask(program, text: str, model: str = "chat", **more):
    return await program.openai().chat.completions.create(model=model, messages=said(text), **more)


async def pieces(stream) -> list:
    return [each async for each in stream]


async def test_an_answer_is_the_provider_s_own(door, simulator):
    for text in (CHINESE, ENGLISH):
        assert await ask(door, text) == await ask(simulator, text)


async def test_a_stream_is_the_provider_s_own_and_its_usage_is_there_only_when_asked_for(
    door, simulator
):
    wanted = {"stream": True, "stream_options": {"include_usage": True}}
    own = await pieces(await ask(simulator, CHINESE, **wanted))
    through = await pieces(await ask(door, CHINESE, **wanted))
    bare = await pieces(await ask(door, CHINESE, stream=True))

    assert through == own
    assert [each.choices for each in bare] == [each.choices for each in own if each.choices]
    assert {each.usage for each in bare} == {None}


async def test_tools_and_pictures_are_passed_through(door):
    called = await ask(door, "The weather in Xiamen?", tools=[WEATHER])
    streamed = await pieces(await ask(door, "The weather?", tools=[WEATHER], stream=True))
    parts = [{"type": "text", "text": "What is it?"},
             {"type": "image_url", "image_url": {"url": PIXEL}}]  # fmt: skip
    seen = await door.openai().chat.completions.create(
        model="chat", messages=[{"role": "user", "content": parts}]
    )

    assert called.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert any(each.choices and each.choices[0].delta.tool_calls for each in streamed)
    assert "PNG picture of 1 x 1" in seen.choices[0].message.content


async def test_embeddings_and_models(door, simulator):
    own = await simulator.openai().embeddings.create(model="chat", input=["a", "b"])
    through = await door.openai().embeddings.create(model="chat", input=["a", "b"])

    assert through == own
    assert [each.id async for each in door.openai().models.list()] == ["chat"]


async def test_errors_are_those_that_the_client_knows(door):
    with pytest.raises(openai.AuthenticationError):
        await door.openai("wrong").chat.completions.create(model="chat", messages=said("x"))
    with pytest.raises(openai.NotFoundError) as missing:
        await ask(door, "x", model="gpt-17")
    with pytest.raises(openai.BadRequestError):
        await door.openai().chat.completions.create(model="chat", messages=[])
    broken = await door.http.post("/v1/chat/completions", content=b'{"model": "chat", "mess')

    assert missing.value.code == "model_not_found"
    assert broken.status_code == 400
    assert broken.json()["error"]["code"] == "invalid_json"


async def test_reasoning_is_hidden_unless_it_is_to_be_shown(simulator):
    routes = {"chat": {"to": [{"provider": "one", "model": "reasoner"}]}}
    thoughts = []
    for reasoning in ("hide", "show"):
        async with gateway(
            {"one": provider(simulator)}, routes=routes, reasoning=reasoning
        ) as door:
            whole = await ask(door, CHINESE)
            stream = await pieces(await ask(door, CHINESE, stream=True))
            metrics = (await door.http.get("/metrics")).text
        message = whole.choices[0].message
        deltas = [each.choices[0].delta for each in stream]
        thoughts.append(
            (hasattr(message, "reasoning_content"),
             any(getattr(each, "reasoning_content", None) for each in deltas))
        )  # fmt: skip
        assert "".join(each.content or "" for each in deltas) == message.content
        assert 'ai_reasoning_duration_seconds_count{provider="one"} 1' in metrics

    assert thoughts == [(False, False), (True, True)]


async def test_who_hangs_up_frees_the_provider_within_a_quarter_of_a_second(door, simulator):
    """G4: a stream that nobody reads must not be paid for."""
    loop = asyncio.get_running_loop()
    body = {"model": "chat", "messages": said("[[simulate: stall;at=4]]"), "stream": True}
    late = []
    for _ in range(20):
        async with door.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            await anext(parts := answer.aiter_raw())
            await parts.aclose()
            begin = loop.time()
        await simulator.until(lambda state: not state["open"])
        late.append(loop.time() - begin)

    assert max(late) < 0.25
    assert (await simulator.state())["ended"]["cancelled"] == 20


async def test_who_hangs_up_before_a_whole_answer_frees_the_provider_too(door, simulator):
    """Also of requests that were sent before the first was answered; the provider is asked once."""
    loop = asyncio.get_running_loop()
    body = json.dumps({"model": "chat", "messages": said("[[simulate: silent]]")}).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
            f"content-length: {len(body)}\r\n\r\n")  # fmt: skip
    await ask(door, ENGLISH)  # there is a connection to the provider
    late = []
    for number in range(10):
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write((head.encode() + body) * 3)
        await simulator.until(lambda state, most=number: state["requests"] == most + 2)
        writer.transport.abort()
        begin = loop.time()
        await simulator.until(lambda state: not state["open"])
        late.append(loop.time() - begin)

    assert max(late) < 0.25
    assert (await simulator.state())["requests"] == 11
    text = (await door.http.get("/metrics")).text
    assert "ai_cancelled_total 10\n" in text
    assert 'model="chat",outcome="ok"} 1\n' in text
    assert 'model="chat",outcome="cancelled"} 10\n' in text


async def test_the_seven_metrics_of_the_documents_are_there(door):
    await ask(door, ENGLISH)
    text = (await door.http.get("/metrics")).text

    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes",
                 "http_requests_total", "http_request_duration_seconds",
                 "ai_route_decisions_total", "ai_cache_hit_rate",
                 "ai_reasoning_duration_seconds"):  # fmt: skip
        assert f"# TYPE {name} " in text
    assert 'ai_route_decisions_total{route="chat",reason="order",provider="one"} 1' in text
    assert 'path="/v1/chat/completions",status="200"} 1' in text


async def test_requests_are_routed_by_what_they_are(simulator):
    providers = {"one": provider(simulator), "two": provider(simulator)}
    other = [{"provider": "two", "model": "other"}]
    rules = [{"pictures": True, "to": other}, {"longer_than": 500, "to": other}]
    routes = {"chat": {"to": [{"provider": "one", "model": "chat"}], "rules": rules}}
    async with gateway(providers, routes=routes) as door:
        short = await ask(door, ENGLISH)
        long = await ask(door, "word " * 500)
        text = (await door.http.get("/metrics")).text

    assert (short.model, long.model) == ("chat", "other")
    assert 'ai_route_decisions_total{route="chat",reason="length",provider="two"} 1' in text
