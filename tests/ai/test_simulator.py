"""The simulator, through OpenAI's own client and through plain HTTP."""

import asyncio
import base64
import json
import struct
import zlib

import httpx2
import openai
import pytest

from seaway.external.meeting import spoken
from tests.ai.conftest import Program, simulating

CHINESE, ENGLISH = "怎样做红烧肉？", "How do I braise pork?"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}},
        },
    },
}


def said(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


async def ask(program: Program, text: str, model: str = "chat", **more):
    return await program.openai().chat.completions.create(model=model, messages=said(text), **more)


async def pieces(stream) -> list:
    return [each async for each in stream]


async def test_answers_are_in_the_language_of_the_question_and_always_the_same(simulator):
    chinese, english, again = [
        (await ask(simulator, text)).choices[0].message.content
        for text in (CHINESE, ENGLISH, CHINESE)
    ]

    assert chinese == again
    assert chinese.startswith(f"关于“{CHINESE}”")
    assert english.startswith(f"About “{ENGLISH}”")


async def test_another_seed_gives_other_answers(simulator):
    async with simulating(seed=7) as other:
        assert await ask(simulator, ENGLISH) != await ask(other, ENGLISH)


async def test_a_stream_says_the_same_as_the_whole_answer_and_counts_it_the_same(simulator):
    whole = await ask(simulator, CHINESE)
    stream = await ask(simulator, CHINESE, stream=True, stream_options={"include_usage": True})
    parts = await pieces(stream)

    texts = [each.choices[0].delta.content or "" for each in parts if each.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert parts[-1].usage == whole.usage
    assert parts[-2].choices[0].finish_reason == "stop"
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens


async def test_an_answer_ends_at_the_tokens_asked_for(simulator):
    answer = await ask(simulator, ENGLISH, max_tokens=5)

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


async def test_a_tool_is_called_when_the_question_is_about_it(simulator):
    called = await ask(simulator, "What is the weather in Xiamen?", tools=[WEATHER])
    [call] = called.choices[0].message.tool_calls
    streamed = await ask(simulator, "The weather?", tools=[WEATHER], stream=True)
    deltas = [each.choices[0].delta.tool_calls for each in await pieces(streamed)]
    arguments = "".join(each[0].function.arguments for each in deltas if each)

    assert called.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments)["unit"] in {"c", "f"}
    assert set(json.loads(arguments)) == {"city", "unit"}


async def test_a_structured_answer_fits_its_schema(simulator):
    schema = {
        "type": "object",
        "properties": {"score": {"type": "integer", "minimum": 3, "maximum": 4},
                       "tags": {"type": "array", "items": {"enum": ["a", "b"]}}},
    }  # fmt: skip
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    answer = await ask(simulator, CHINESE, response_format=wanted)

    found = json.loads(answer.choices[0].message.content)
    assert found["score"] in {3, 4}
    assert set(found["tags"]) <= {"a", "b"}


def png(width: int, height: int) -> str:
    rows = b"".join(b"\0" + b"\x10\x20\x30" * width for _ in range(height))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
             (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]  # fmt: skip
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunks).decode()


async def test_a_picture_is_looked_at_and_counted(simulator):
    def content(url: str) -> list[dict]:
        parts = [{"type": "text", "text": "What is this?"},
                 {"type": "image_url", "image_url": {"url": url}}]  # fmt: skip
        return [{"role": "user", "content": parts}]

    answer = await simulator.openai().chat.completions.create(
        model="vision", messages=content(png(6, 4))
    )

    assert "PNG picture of 6 x 4" in answer.choices[0].message.content
    assert answer.usage.prompt_tokens > 255
    with pytest.raises(openai.BadRequestError):
        await simulator.openai().chat.completions.create(
            model="vision", messages=content("data:image/png;base64,AAAA")
        )


async def test_embeddings_are_near_where_words_are_shared(simulator):
    answer = await simulator.openai().embeddings.create(
        model="embedding", input=["a red apple pie", "a green apple pie", "tax law of 1954"]
    )
    pie, other, law = (each.embedding for each in answer.data)
    product = lambda left, right: sum(a * b for a, b in zip(left, right, strict=True))  # noqa: E731

    assert len(pie) == 1536
    assert abs(product(pie, pie) - 1) < 1e-5
    assert product(pie, other) > 0.3 > product(pie, law)
    short = await simulator.openai().embeddings.create(model="e", input="x", dimensions=8)
    assert len(short.data[0].embedding) == 8


async def test_models_are_listed(simulator):
    found = [each.id async for each in simulator.openai().models.list()]

    assert "seaway-chat" in found


async def test_who_has_no_key_or_a_wrong_one_is_refused(simulator):
    with pytest.raises(openai.AuthenticationError):
        await simulator.openai("wrong").models.list()
    async with httpx2.AsyncClient() as bare:
        assert (await bare.get(f"{simulator.url}/v1/models")).status_code == 401


async def test_a_conversation_that_is_too_long_is_refused():
    async with simulating(context=20) as short:
        with pytest.raises(openai.BadRequestError) as caught:
            await ask(short, "word " * 50)

    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("fault", "status"), [("429;retry-after=7", 429), ("503", 503), ("context", 400)]
)
async def test_an_error_comes_by_model_by_prompt_by_header_and_by_rule(simulator, fault, status):
    with pytest.raises(openai.APIStatusError) as by_model:
        await ask(simulator, ENGLISH, model=f"chat!{fault}")
    with pytest.raises(openai.APIStatusError) as by_prompt:
        await ask(simulator, f"{ENGLISH} [[simulate: {fault}]]")
    with pytest.raises(openai.APIStatusError) as by_header:
        await ask(simulator, ENGLISH, extra_headers={"x-simulate": fault})
    await simulator.fault(fault, times=1)
    with pytest.raises(openai.APIStatusError) as by_rule:
        await ask(simulator, ENGLISH)

    found = [by_model.value, by_prompt.value, by_header.value, by_rule.value]
    assert [each.status_code for each in found] == [status] * 4
    assert await ask(simulator, ENGLISH)
    if status == 429:
        assert {each.response.headers["retry-after"] for each in found} == {"7"}


async def test_a_fault_that_is_not_known_is_an_error(simulator):
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(simulator, ENGLISH, model="chat!tarrif")

    assert caught.value.code == "unknown_fault"


async def raw_stream(program: Program, fault: str) -> tuple[list[bytes], str]:
    """The events of a stream, and how it ended."""
    body = {"model": f"chat!{fault}", "messages": said(ENGLISH), "stream": True}
    events: list[bytes] = []
    try:
        async with program.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            buffer = b""
            async for piece in answer.aiter_raw():
                buffer += piece
                *whole, buffer = buffer.split(b"\n\n")
                events += whole
    except httpx2.TransportError as error:
        return events, type(error).__name__
    return events, "end"


@pytest.mark.parametrize("at", [0, 1, 7])
@pytest.mark.parametrize("kind", ["cut", "break"])
async def test_a_stream_breaks_at_any_piece(simulator, kind, at):
    events, end = await raw_stream(simulator, f"{kind};at={at}")

    assert len(events) == at
    assert end in {"RemoteProtocolError", "ReadError"}


async def test_a_stream_has_a_malformed_piece_or_an_error_or_no_end(simulator):
    malformed, _ = await raw_stream(simulator, "malformed;at=2")
    stopped, end = await raw_stream(simulator, "event;at=2")
    endless, end_too = await raw_stream(simulator, "no-end")

    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed[2].removeprefix(b"data: "))
    assert malformed[-1] == b"data: [DONE]"
    assert json.loads(stopped[-1].removeprefix(b"data: "))["error"]["type"] == "server_error"
    assert (len(stopped), end, end_too) == (3, "end", "end")
    assert b'"finish_reason":"stop"' not in endless[-1]
    assert endless[-1] != b"data: [DONE]"


async def test_a_connection_is_reset_before_the_head(simulator):
    with pytest.raises(httpx2.TransportError):
        await raw_or_raise(simulator, "reset")
    with pytest.raises(httpx2.TransportError):
        await raw_or_raise(simulator, "close")


async def raw_or_raise(program: Program, fault: str) -> None:
    body = {"model": f"chat!{fault}", "messages": said(ENGLISH)}
    await program.http.post("/v1/chat/completions", json=body)


async def test_another_model_answers_and_the_filter_ends_an_answer(simulator):
    wrong = await ask(simulator, ENGLISH, model="chat!wrong-model")
    ended = await ask(simulator, ENGLISH, model="chat!filter;at=2")

    assert wrong.model == "another-model"
    assert ended.choices[0].finish_reason == "content_filter"
    assert ended.usage is not None


async def test_who_hangs_up_is_noticed_and_a_stalled_stream_is_open_until_then(simulator):
    body = {"model": "chat!stall;at=2", "messages": said(ENGLISH), "stream": True}
    async with simulator.http.stream("POST", "/v1/chat/completions", json=body) as answer:
        await anext(pieces := answer.aiter_raw())
        open_then = (await simulator.state())["open"]
        await pieces.aclose()
    state = await simulator.until(lambda state: not state["open"])

    assert open_then == 1
    assert state["ended"]["cancelled"] == 1


async def test_the_part_that_fails_is_the_part_asked_for():
    bodies = [{"model": "chat", "messages": said(str(number))} for number in range(200)]
    async with simulating(errors=0.25) as flaky:
        asked = [flaky.http.post("/v1/chat/completions", json=body) for body in bodies]
        failed = sum(each.status_code == 500 for each in await asyncio.gather(*asked))

    assert 25 <= failed <= 80


async def test_a_recording_is_written_down(simulator):
    """What would be said is in the comment of the file, where the meeting simulator puts it."""
    said = "李伟：三点发布新版。"
    data = base64.b64encode(spoken(said)).decode()
    sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}

    answer = await simulator.openai().chat.completions.create(
        model="hear", messages=[{"role": "user", "content": [sound]}]
    )

    assert answer.choices[0].message.content == said
    for wrong in ({"data": data, "format": "flac"}, {"data": "%", "format": "wav"}):
        told = {"model": "hear", "messages": [{"role": "user", "content": [
            {"type": "input_audio", "input_audio": wrong}]}]}  # fmt: skip
        refused = await simulator.http.post("/v1/chat/completions", json=told)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_audio")
