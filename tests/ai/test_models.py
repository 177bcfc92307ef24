"""The offline models, through OpenAI's own client and through plain HTTP."""

import asyncio
import base64
import json
import math
import pickle
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import openai
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from seaway.ai.models.checkpoint import Broken, arrays
from seaway.ai.models.sentences import padded as padded_rows
from seaway.ai.vectors.numbers import padded
from tests.ai.conftest import Program
from tests.ai.services import models

pytestmark = pytest.mark.local
PHOTO = Path(__file__).parent / "photos" / "coffee.jpg"
RULES = {"role": "system", "content": "Answer from the passages only, else say NOT_FOUND."}
MATERIAL = """[1] 退款政策 > 时间：
顾客在收货后七天内可以无理由退货。退款会在三个工作日内退回原支付方式。
[2] Opening hours:
The kitchen closes at ten in the evening. Doors open at 11:30."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Program]:
    async with models("embed extract chat food") as it:
        yield it


def cosine(one: list[float], other: list[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))


async def embedded(program: Program, *texts: str, **more: object) -> list[list[float]]:
    told = await program.openai().embeddings.create(
        model="embed", input=list(texts), encoding_format="float", **more
    )
    return [each.embedding for each in told.data]


async def said(program: Program, text: str, model: str = "extract", **more: object) -> str:
    messages = [RULES, {"role": "user", "content": text}]
    told = await program.openai().chat.completions.create(model=model, messages=messages, **more)
    return told.choices[0].message.content


def shown(data: bytes, kind: str = "jpeg") -> list[dict]:
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


unit = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).filter(
    lambda row: sum(each * each for each in row) > 1e-6
)


@given(unit, unit, st.integers(4, 40))
def test_padding_changes_no_cosine(one, other, dimensions):
    before = cosine(one, other)
    rows = [np.array(each, dtype=np.float32) for each in (one, other)]

    assert cosine(*(padded(each, dimensions).tolist() for each in rows)) == pytest.approx(before)
    assert cosine(*padded_rows(np.stack(rows), dimensions).tolist()) == pytest.approx(before)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_means_the_same_in_chinese_and_english_is_near(running):
    cat, sleeping, english, shares = await embedded(
        running, "小猫在睡觉", "一只猫睡着了", "The cat sleeps", "股票今天下跌了"
    )

    assert cosine(cat, sleeping) > 0.85
    assert cosine(cat, english) > 0.7
    assert cosine(cat, shares) < 0.3


@pytest.mark.asyncio(loop_scope="module")
async def test_a_text_has_one_vector_alone_in_company_padded_and_in_base64(running):
    [alone] = await embedded(running, "番茄炒蛋")
    company = await embedded(running, "The quarterly report, " * 40, "番茄炒蛋", "豆")
    [long] = await embedded(running, "番茄炒蛋", dimensions=1536)
    body = {"model": "embed", "input": "番茄炒蛋", "encoding_format": "base64"}
    packed = (await running.http.post("/v1/embeddings", json=body)).json()["data"][0]["embedding"]

    assert company[1] == alone
    assert long == alone + [0.0] * 1024
    assert list(struct.unpack("<512f", base64.b64decode(packed))) == pytest.approx(alone)
    assert math.sqrt(sum(each * each for each in alone)) == pytest.approx(1, abs=1e-5)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("body", "status"),
    [({"input": ""}, 400), ({"input": []}, 400), ({"input": ["a", " "]}, 400),
     ({"input": "a" * 20_001}, 400), ({"input": "a", "dimensions": 100}, 400),
     ({"input": ["a"] * 2049}, 400), ({"input": "a", "model": "other"}, 404),
     ({"input": "a", "model": "chat"}, 400), ({}, 400)],
)  # fmt: skip
async def test_what_cannot_be_embedded_is_refused(running, body, status):
    answer = await running.http.post("/v1/embeddings", json={"model": "embed", **body})

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.asyncio(loop_scope="module")
async def test_an_answer_is_quoted_word_for_word_with_its_passage(running):
    chinese = await said(running, f"{MATERIAL}\n\n问题：多久可以退货？")
    english = await said(running, f"{MATERIAL}\n\nQuestion: When do the doors open?")

    assert "顾客在收货后七天内可以无理由退货。 [1]" in chinese.splitlines()
    assert "Doors open at 11:30. [2]" in english.splitlines()
    for line in (*chinese.splitlines(), *english.splitlines()):
        text, _, passage = line.rpartition(" ")
        assert text in MATERIAL
        assert passage in {"[1]", "[2]"}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_the_material_does_not_say_is_not_found(running):
    for question in ("谁是总统？", "What was the profit last year?"):
        assert await said(running, f"{MATERIAL}\n\nQuestion: {question}") == "NOT_FOUND"


@pytest.mark.asyncio(loop_scope="module")
async def test_without_an_agreement_it_says_in_words_what_it_does(running):
    ask = running.openai().chat.completions.create
    text = f"{MATERIAL}\n\n问题：退款多久到账？"
    told = await ask(model="extract", messages=[{"role": "user", "content": text}])
    hello = [{"role": "user", "content": "你好，最近怎么样？"}]
    nothing = await ask(model="extract", messages=hello)

    assert told.model == "extract"
    assert told.choices[0].message.content.startswith("以下内容摘自资料：\n")
    assert nothing.choices[0].message.content == "资料中没有找到答案。"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_stream_says_the_same_as_the_whole_answer(running):
    text = f"{MATERIAL}\n\n问题：退款多久到账？"
    whole = await said(running, text)
    stream = await running.openai().chat.completions.create(
        model="extract", messages=[RULES, {"role": "user", "content": text}], stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    parts = [each async for each in stream]

    assert "".join(each.choices[0].delta.content or "" for each in parts if each.choices) == whole
    assert parts[-1].usage.total_tokens > 0
    assert parts[-2].choices[0].finish_reason == "stop"


@pytest.mark.asyncio(loop_scope="module")
async def test_english_is_written_and_chinese_is_not_made_up(running):
    ask = running.openai().chat.completions.create
    english = await ask(
        model="chat", messages=[{"role": "user", "content": "What is the capital of France?"}]
    )
    chinese = await ask(model="chat", messages=[{"role": "user", "content": "法国的首都是哪里？"}])

    assert (english.model, chinese.model) == ("chat", "extract")
    assert "Paris" in english.choices[0].message.content
    assert chinese.choices[0].message.content == "资料中没有找到答案。"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_reader_who_leaves_ends_the_writing(running):
    """Else one thread would write stories for nobody, and everybody else would wait."""
    stream = await running.openai().chat.completions.create(
        model="chat", messages=[{"role": "user", "content": "Tell a very long story."}],
        max_tokens=3000, stream=True,
    )  # fmt: skip
    await anext(aiter(stream))
    await stream.close()

    async with asyncio.timeout(15):
        assert await said(running, "Say hello.", "chat", max_tokens=5)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_cup_of_coffee_is_seen(running):
    """As sure as the same weights are in torch, which were tried once: 0.95."""
    told = await running.openai().chat.completions.create(
        model="food", messages=shown(PHOTO.read_bytes())
    )
    found = json.loads(told.choices[0].message.content)

    assert found["confident"] is True
    assert len(found["foods"]) == 3
    assert found["foods"][0] == {"name": "espresso", "confidence": pytest.approx(0.95, abs=0.03)}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("data", [b"", b"text", PHOTO.read_bytes()[:3000]])
async def test_what_is_no_picture_is_refused(running, data):
    with pytest.raises(openai.BadRequestError, match="no whole"):
        await running.openai().chat.completions.create(model="food", messages=shown(data))


def test_a_checkpoint_that_wants_to_run_something_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("harm",))

    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(Evil()))

    with pytest.raises(Broken, match=r"asks for builtins\.print"):
        arrays(file)
