"""Recordings that are heard: what is let in, how it is decoded, what the network writes down."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator

import numpy as np
import openai
import pytest
import pytest_asyncio

from seaway.ai.models import recording as recordings
from seaway.ai.models.recording import LARGEST, PIECE, RATE, pieces, recording
from seaway.ai.models.transcribing import asked_of, transcript
from seaway.serving.front import Request
from seaway.serving.refusal import Refusal
from tests.ai.conftest import Program
from tests.ai.services import models
from tests.ai.speech import CITIES, FAIL, clip, encoded, errors, wave, words

pytestmark = pytest.mark.local
SILENCE = wave(1)
KINDS = [("wav", "pcm_s16le"), ("ipod", "aac"), ("mp4", "aac"), ("mp3", "libmp3lame"),
         ("flac", "flac"), ("ogg", "libopus"), ("webm", "libopus")]  # fmt: skip
BROKEN = {
    "text": b"these are words" * 100,
    "empty": b"",
    "a wave file of noise": b"RIFF\0\0\0\0WAVE" + bytes(range(256)) * 40,
    "a wave file without sound": wave(0),
    "half of an m4a": encoded(SILENCE, "ipod", "aac")[:-500],
    "an mp4 that is none": b"\0\0\0\x20ftypM4A " + bytes(2000),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
}


def decoded(content: bytes) -> np.ndarray:
    return np.concatenate(list(pieces(recording(content), lambda: False)))


def form(**fields: str | bytes) -> Request:
    rows = b""
    for name, value in fields.items():
        file = b'; filename="a.wav"' if isinstance(value, bytes) else b""
        data = value if isinstance(value, bytes) else value.encode()
        head = b'content-disposition: form-data; name="%s"%s' % (name.encode(), file)
        rows += b"--B\r\n%s\r\n\r\n%s\r\n" % (head, data)
    kind = b"multipart/form-data; boundary=B"
    return Request(0, headers={b"content-type": kind}, body=rows + b"--B--\r\n")


@pytest.mark.parametrize(("container", "codec"), KINDS)
def test_recordings_of_each_kind_are_decoded_whole(container, codec):
    content = SILENCE if container == "wav" else encoded(SILENCE, container, codec)
    samples = decoded(content)

    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(RATE, abs=RATE / 8)


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_recording_is_refused(content):
    with pytest.raises(Refusal) as refused:
        decoded(content)

    assert (refused.value.status, refused.value.body[:10]) == (400, b'{"error":{')


def test_a_recording_with_too_many_bytes_is_refused():
    with pytest.raises(Refusal) as refused:
        recording(bytes(LARGEST + 1))

    assert refused.value.status == 413


def test_one_that_is_too_long_is_refused_before_it_is_decoded():
    """A small file may be long: an hour and a minute of silence, one sample a second... in 4 MB."""
    begun = time.monotonic()
    with pytest.raises(Refusal, match="60 minutes"):
        decoded(wave(3660, rate=500))

    assert time.monotonic() - begun < 5


def test_a_long_one_is_cut_where_it_is_quiet_and_nothing_is_lost(monkeypatch):
    loud = np.random.default_rng(1).integers(-9000, 9000, 200 * RATE).astype("<i2")
    loud[110 * RATE : 110 * RATE + 4800] = 0
    content = wave(200)[:44] + loud.tobytes()
    first, second = pieces(recording(content), lambda: False)

    assert 110 * RATE < len(first) < 110 * RATE + 4800
    assert len(first) < PIECE * RATE
    assert np.array_equal(np.concatenate([first, second]) * 2**15, loud)


def test_nobody_who_has_gone_keeps_it_decoding():
    assert list(pieces(recording(wave(300)), lambda: True)) == []


def test_the_decoder_knows_no_key_and_opens_nothing(monkeypatch):
    """A recording that leads it to a file finds none; and what it was told is not there."""
    monkeypatch.setenv("MODELS_KEYS", "secret")
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"

    assert "MODELS_KEYS" not in recordings._KEPT
    with pytest.raises(Refusal):
        decoded(playlist)


def test_a_form_is_read_as_openai_has_it():
    asked = asked_of(form(file=SILENCE, model="hear", language="zh", prompt="李伟"))
    plain = asked_of(form(file=SILENCE, model="hear", response_format="text"))

    assert (asked.model, asked.recording.language, asked.recording.prompt) == ("hear", "zh", "李伟")
    assert transcript(plain, "hello") == (
        b"hello\n", b"content-type: text/plain; charset=utf-8\r\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [{"model": "hear"}, {"file": SILENCE, "response_format": "srt"},
     {"file": SILENCE, "stream": "true"}, {"file": b"text", "model": "hear"}],
)  # fmt: skip
def test_a_form_that_asks_for_something_else_is_refused(fields):
    with pytest.raises(Refusal) as refused:
        asked_of(form(**fields))

    assert refused.value.status == 400


# ------------------------------------------------------------------ the network itself: 133 MB


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hearing() -> AsyncIterator[Program]:
    async with models("hear") as it:
        it.http.timeout = 240
        yield it


def sent(content: bytes, kind: str = "wav") -> dict:
    sound = {"data": base64.b64encode(content).decode(), "format": kind}
    part = {"type": "input_audio", "input_audio": sound}
    return {"model": "hear", "messages": [{"role": "user", "content": [part]}]}


async def heard(program: Program, content: bytes, kind: str = "wav", **more: object) -> dict:
    body = {**sent(content, kind), **more}
    answer = await program.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def text_of(told: dict) -> str:
    return told["choices"][0]["message"]["content"]


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_english_is_written_down_with_hardly_a_wrong_word(hearing):
    told = await heard(hearing, await clip("cities"))

    assert told["model"] == "hear"
    assert errors(words(CITIES), words(text_of(told))) <= 0.05
    assert told["usage"]["prompt_tokens"] == 443
    assert told["usage"]["completion_tokens"] > 100


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("container", "codec"), [("ipod", "aac"), ("mp3", "libmp3lame")])
async def test_what_telephones_record_is_written_down_too(hearing, container, codec):
    content = encoded(await clip("fail"), container, codec)

    assert errors(words(FAIL), words(text_of(await heard(hearing, content, "m4a")))) <= 0.1


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_a_file_is_written_down_by_openais_own_call(hearing):
    told = await hearing.openai().audio.transcriptions.create(
        model="hear", file=("a.wav", await clip("fail")), language="en", timeout=240
    )

    assert errors(words(FAIL), words(told.text)) <= 0.1
    assert told.usage.input_token_details.audio_tokens == 99


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_silence_has_no_words(hearing):
    told = await heard(hearing, wave(20))

    assert text_of(told) == ""
    assert told["usage"]["prompt_tokens"] == 200


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("content", [*BROKEN.values(), wave(3660, rate=500)], ids=[*BROKEN, "long"])
async def test_over_http_what_is_no_recording_is_a_fault_of_who_sent_it(hearing, content):
    answer = await hearing.http.post("/v1/chat/completions", json=sent(content))

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"invalid_audio", "audio_too_long"}


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_a_language_it_does_not_know_is_refused(hearing):
    body = {**sent(SILENCE), "language": "tlh"}

    assert (await hearing.http.post("/v1/chat/completions", json=body)).status_code == 400


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_a_listener_who_leaves_ends_the_hearing(hearing):
    """Else everybody who comes later would wait minutes for a transcript that nobody reads."""
    short = await clip("fail")
    begun = time.monotonic()
    await heard(hearing, short)
    alone = time.monotonic() - begun
    long = encoded(await clip("cities"), "mp3", "libmp3lame") * 15  # eleven minutes
    with pytest.raises(openai.APITimeoutError):
        await hearing.openai().chat.completions.create(**sent(long), timeout=5)

    begun = time.monotonic()
    await heard(hearing, short)
    assert time.monotonic() - begun < 8 * alone  # eleven minutes take some forty times as long


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_more_than_it_can_do_is_refused_at_once(hearing):
    bodies = [sent(await clip("fail")), *(sent(SILENCE) for _ in range(5))]
    first = asyncio.create_task(hearing.http.post("/v1/chat/completions", json=bodies[0]))
    await asyncio.sleep(0.2)
    others = [hearing.http.post("/v1/chat/completions", json=each) for each in bodies[1:]]
    statuses = [each.status_code for each in await asyncio.gather(first, *others)]

    assert sorted(statuses) == [200] * 4 + [503] * 2
