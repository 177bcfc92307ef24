"""The image service with a real store and a real gateway: what is taken, refused, kept and told."""

import asyncio
import io
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from seaway.external.wire import Answer, Request, converse
from tests.ai import pictures
from tests.ai.conftest import KEY, Program, gateway, provider, target
from tests.ai.pictures import encoded, picture
from tests.ai.seeing import decoders, kept, memory, picture_store, seeing, send
from tests.ai.services import models
from tests.parts.harness import Bench

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.local,
    # boto3 leaves closing to the collector, and asks the clock in a way that is to go
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SAID = {"foods": [{"name": "banana", "confidence": 0.91}, {"name": "饺子", "confidence": 0.04},
                  {"name": "zeppelin", "confidence": 0.02}], "confident": True}  # fmt: skip
COFFEE = Path(__file__).parent / "photos" / "coffee.jpg"
module = {"scope": "module", "loop_scope": "module"}


class Model:
    """A provider that says what it is told to say about any picture."""

    def __init__(self) -> None:
        self.says: str = json.dumps(SAID)
        self.asked: list[dict] = []

    async def handle(self, request: Request) -> Answer:
        self.asked.append(json.loads(request.body))
        message = {"role": "assistant", "content": self.says}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        told = {"id": "1", "object": "chat.completion", "created": 1, "model": "eye-1",
                "choices": [choice], "usage": usage}  # fmt: skip
        return Answer(body=json.dumps(told).encode())


@pytest_asyncio.fixture(**module)
async def store(tmp_path_factory) -> AsyncIterator[Bench]:
    async with picture_store(tmp_path_factory.mktemp("files")) as it:
        yield it


@pytest_asyncio.fixture(**module)
async def model() -> AsyncIterator[tuple[Model, int]]:
    it, tasks = Model(), set()

    def met(reader, writer):
        tasks.add(asyncio.get_running_loop().create_task(converse(it.handle, reader, writer)))

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    yield it, server.sockets[0].getsockname()[1]
    server.close()
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest_asyncio.fixture(**module)
async def llm(model) -> AsyncIterator[Program]:
    eye = {"url": f"http://127.0.0.1:{model[1]}/v1", "key_from": "PROVIDER_KEY", "private": True}
    routes = {"food": {"to": [target("eye", "food")]}}
    async with gateway({"eye": eye}, routes=routes) as program:
        yield program


@pytest_asyncio.fixture(**module)
async def vision(store, llm) -> AsyncIterator[Program]:
    async with seeing(store, GATEWAY_URL=f"{llm.url}/v1", GATEWAY_KEY=KEY) as program:
        yield program


async def shown(vision: Program, told: dict) -> Image.Image:
    answer = await vision.http.get(f"/v1/images/{told['id']}")
    assert answer.headers["content-type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content))


async def test_a_picture_is_kept_and_told_what_is_on_it(vision, store, model):
    answer = await send(vision, encoded(picture(2000, 1500)))
    told = answer.json()
    image = await shown(vision, told)
    result = await vision.http.get(f"/v1/images/{told['id']}/result")

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/images/{told['id']}"
    assert (told["width"], told["height"], told["format"]) == (1024, 768, "jpeg")
    assert (image.size, image.format) == ((1024, 768), "JPEG")
    age = datetime.fromisoformat(told["expires"]) - datetime.fromisoformat(told["created"])
    assert age == timedelta(days=30)
    assert result.json() == told
    assert {f"{told['id']}.jpg", f"{told['id']}.json"} <= kept(store)
    foods = told["recognition"]["foods"]
    assert [each["name"] for each in foods] == ["banana", "饺子", "zeppelin"]
    assert foods[0]["name_zh"] == "香蕉"
    assert foods[0]["nutrition"]["kcal"] == 89
    assert foods[0]["nutrition"]["portion"] == {"grams": 120.0, "kcal": 106.8}
    assert "Open-Food-Calories" in foods[0]["nutrition"]["source"]
    assert foods[1]["nutrition"]["entry"] == "Steamed jiaozi dumplings"
    assert foods[2]["nutrition"] is None
    assert (told["recognition"]["confident"], told["recognition"]["model"]) == (True, "eye-1")
    url = model[0].asked[-1]["messages"][0]["content"][1]["image_url"]["url"]
    assert url.startswith("data:image/jpeg;base64,")


async def test_a_picture_that_is_deleted_is_gone(vision, store):
    told = (await send(vision, encoded(picture()))).json()
    gone = await vision.http.delete(f"/v1/images/{told['id']}")
    again = await vision.http.get(f"/v1/images/{told['id']}")
    result = await vision.http.get(f"/v1/images/{told['id']}/result")

    assert gone.status_code == 200
    assert (again.status_code, result.status_code) == (404, 404)
    assert not {each for each in kept(store) if each.startswith(told["id"])}
    for name in ("..%2f..%2fetc", "x" * 32, "%00", told["id"].upper()):
        assert (await vision.http.get(f"/v1/images/{name}")).status_code == 404


REFUSED = {
    "11 MB": (lambda: encoded(picture()) + bytes(11_000_000), 413, "too_large"),
    "a little too large": (lambda: encoded(picture()) + bytes(9_999_000), 413, "too_large"),
    "text": (lambda: b"I am a picture, believe me.", 415, "unsupported"),
    "nothing": (lambda: b"", 415, "unsupported"),
    "a GIF": (lambda: encoded(picture(), "GIF"), 415, "unsupported"),
    "a TIFF": (lambda: encoded(picture(), "TIFF"), 415, "unsupported"),
    "a page": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported"),
    "30,000 x 30,000": (pictures.huge_png, 422, "too_many_pixels"),
    "a cut JPEG": (lambda: encoded(picture(1500, 1000))[:-20_000], 422, "broken"),
    "a cut PNG": (lambda: encoded(picture(), "PNG")[:-5000], 422, "broken"),
    "a PNG without its end": (lambda: encoded(picture(), "PNG")[:-12], 422, "broken"),
    "a cut WebP": (lambda: encoded(picture(), "WEBP")[:-500], 422, "broken"),
    "a head only": (lambda: encoded(picture())[:200], 422, "broken"),
    "a PNG that moves": (lambda: pictures.animated("PNG"), 422, "animated"),
    "a WebP that moves": (lambda: pictures.animated("WEBP"), 422, "animated"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_refused_has_its_status_and_leaves_nothing(vision, store, case):
    made, status, code = REFUSED[case]
    before = kept(store)
    answer = await send(vision, made())

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert kept(store) == before
    most = memory(vision.process.pid)
    assert len(most) == 3
    assert max(most.values()) < 200 * 2**20


TAKEN = {
    "PNG": lambda: encoded(picture(), "PNG"),
    "WebP": lambda: encoded(picture(), "WEBP"),
    "CMYK": lambda: encoded(picture(mode="CMYK")),
    "grey": lambda: encoded(picture(mode="L")),
    "a palette": lambda: encoded(picture().quantize(16), "PNG"),
    "one bit": lambda: encoded(picture(mode="1"), "PNG"),
    "progressive": lambda: encoded(picture(), progressive=True),
    "with a film behind": lambda: encoded(picture()) + bytes(300_000),
    "see-through": lambda: encoded(picture(mode="RGBA"), "PNG"),
}


@pytest.mark.parametrize("case", TAKEN)
async def test_every_way_of_writing_a_picture_becomes_ours(vision, case):
    answer = await send(vision, TAKEN[case]())
    image = await shown(vision, answer.json())

    assert answer.status_code == 201
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (640, 480))


async def test_colours_stay_what_they_are(vision):
    """CMYK of cameras is stored the other way round; what one sees through is white behind."""
    cmyk = await shown(vision, (await send(vision, encoded(picture(mode="CMYK")))).json())
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    white = await shown(vision, (await send(vision, encoded(clear, "PNG"))).json())
    sixteen = await shown(vision, (await send(vision, pictures.sixteen_bit())).json())

    there, here = picture().getpixel((320, 240)), cmyk.getpixel((320, 240))
    assert max(abs(a - b) for a, b in zip(there, here, strict=True)) < 12
    assert min(white.getpixel((32, 32))) > 250
    greys = [sixteen.getpixel((column, 32))[0] for column in (10, 128, 245)]
    assert all(abs(grey - at) < 8 for grey, at in zip(greys, (10, 128, 245), strict=True))


async def test_it_is_kept_upright_and_tells_nothing_but_what_it_shows(vision):
    told = (await send(vision, pictures.turned())).json()
    raw = (await vision.http.get(f"/v1/images/{told['id']}")).content
    image = Image.open(io.BytesIO(raw))

    assert (told["width"], told["height"]) == image.size == (100, 200)
    above, below = image.getpixel((50, 20)), image.getpixel((50, 180))
    assert [value > 128 for value in above] == [True, False, False]
    assert [value > 128 for value in below] == [False, False, True]
    assert b"SECRET" not in raw
    assert not image.getexif()
    assert "comment" not in image.info


async def test_of_a_file_that_is_two_things_only_the_picture_is_kept(vision):
    """A page inside of a picture must not be served from our address."""
    told = (await send(vision, pictures.polyglot())).json()
    answer = await vision.http.get(f"/v1/images/{told['id']}")

    assert b"SECRET" not in answer.content
    assert b"PK\x03\x04" not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("```json\n" + json.dumps(SAID) + "\n```", (True, False, 3)),
        (json.dumps({**SAID, "confident": False}), (False, False, 3)),
        (json.dumps({"foods": [{"name": "banana", "confidence": 0.3}], "confident": True}),
         (False, False, 1)),
        (json.dumps({"foods": [{"name": f"f{n}", "confidence": n / 9} for n in range(9)]}),
         (False, False, 3)),
        ('{"foods": [], "confident": true}', (False, False, 0)),
        ("A lovely dish!", (False, True, 0)),
        ('{"foods": "banana"}', (False, True, 0)),
    ],
)  # fmt: skip
async def test_a_model_is_believed_as_far_as_it_can_be_read(vision, model, says, told):
    model[0].says = says
    recognition = (await send(vision, encoded(picture(64, 64)))).json()["recognition"]
    model[0].says = json.dumps(SAID)

    foods = recognition["foods"]
    assert (recognition["confident"], bool(recognition["failed"]), len(foods)) == told
    confidences = [each["confidence"] for each in foods]
    assert confidences == sorted(confidences, reverse=True)


async def test_a_picture_is_kept_when_nobody_can_say_what_is_on_it(store):
    async with seeing(store, GATEWAY_URL="http://127.0.0.1:1/v1", GATEWAY_KEY=KEY) as alone:
        failed = await send(alone, encoded(picture()))
    async with seeing(store, FORMATS="png") as silent:
        none = await send(silent, encoded(picture(), "PNG"))
        other = await send(silent, encoded(picture()))

    assert failed.status_code == 201
    assert failed.json()["recognition"]["failed"].startswith("no answer")
    assert none.json()["recognition"] is None
    assert other.status_code == 415


async def test_who_has_no_key_is_not_let_in_and_what_is_no_form_is_said(vision):
    files = {"file": ("x.jpg", encoded(picture()), "image/jpeg")}
    no_key = await vision.http.post("/v1/images", files=files, headers={"authorization": "x"})
    no_form = await vision.http.post("/v1/images", content=encoded(picture()))
    no_file = await vision.http.post("/v1/images", files={"image": files["file"]})
    cut = {"content-type": "multipart/form-data; boundary=x"}
    no_end = await vision.http.post("/v1/images", content=b"--x\r\n", headers=cut)

    answers = [each.status_code for each in (no_key, no_form, no_file, no_end)]
    assert answers == [401, 415, 400, 400]


async def test_a_store_that_is_away_is_said_and_nothing_is_promised(store):
    async with seeing(store, S3_ENDPOINT="http://127.0.0.1:1") as lost:
        answer = await send(lost, encoded(picture()))

        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unreachable")
        assert answer.headers["retry-after"]
        assert (await lost.http.get("/livez")).status_code == 200


async def test_too_many_at_once_are_sent_away_and_come_again(store):
    """Two decode, so many wait; who comes then is told when to come again, and nothing is lost."""
    large = encoded(picture(3000, 2400), quality=95)
    large += bytes(9_900_000 - len(large))
    async with seeing(store, QUEUE=1) as busy:
        answers = await asyncio.gather(*(send(busy, large) for _ in range(12)))
        states = [each.status_code for each in answers]
        again = await send(busy, large)
        most = memory(busy.process.pid)

    assert max(most.values()) < 256 * 2**20
    assert set(states) == {201, 503}
    assert states.count(201) >= 3
    refused = next(each for each in answers if each.status_code == 503)
    assert refused.json()["error"]["code"] == "busy"
    assert int(refused.headers["retry-after"]) >= 1
    assert again.status_code == 201


async def test_a_picture_that_takes_too_much_of_the_processor_is_given_up(store):
    """By its own time, not by the clock: on a busy machine good pictures take long too."""
    async with seeing(store, WORKERS=1, PATIENCE=0.15) as program:
        slow = await send(program, encoded(picture(4000, 3000), "PNG", compress_level=1))
        good = await send(program, encoded(picture(32, 32)))

    assert (slow.status_code, slow.json()["error"]["code"]) == (422, "takes_too_long")
    assert good.status_code == 201


async def test_a_decoder_that_is_stuck_or_killed_is_replaced(store):
    """Decoders read what anyone sends; one that falls takes nothing with it."""
    async with seeing(store, WORKERS=1, WAITING=2) as program:
        [first] = decoders(program)
        os.kill(first, signal.SIGSTOP)
        stuck = await send(program, encoded(picture()))
        good = await send(program, encoded(picture()))
        [second] = decoders(program)
        os.kill(second, signal.SIGKILL)
        while Path(f"/proc/{second}").exists():  # noqa: ASYNC110 -- another process
            await asyncio.sleep(0.01)
        after = await send(program, encoded(picture()))
        state = (await program.http.get("/metrics")).text

    assert (stuck.status_code, stuck.json()["error"]["code"]) == (422, "takes_too_long")
    assert (good.status_code, after.status_code) == (201, 201)
    assert "vision_workers_replaced 2" in state


async def test_the_offline_model_names_what_it_knows_and_claims_nothing_else(store):
    """The whole way without a network: gateway, model, table."""
    async with models("food") as offline:
        routes = {"food": {"to": [target("offline", "food")]}}
        async with (
            gateway({"offline": provider(offline)}, routes=routes) as llm,
            seeing(store, GATEWAY_URL=f"{llm.url}/v1", GATEWAY_KEY=KEY) as vision,
        ):
            coffee = (await send(vision, COFFEE.read_bytes())).json()["recognition"]
            noise = (await send(vision, encoded(picture()))).json()["recognition"]

    assert coffee["confident"]
    assert (coffee["foods"][0]["name"], coffee["foods"][0]["name_zh"]) == ("espresso", "浓缩咖啡")
    assert coffee["foods"][0]["nutrition"]["kcal"] == 9
    assert len(coffee["foods"]) == 3
    assert not noise["confident"]
    assert not noise["failed"]


async def test_a_body_without_an_end_is_cut_at_the_limit(vision, store):
    """A length that is not told is counted."""

    async def endless():
        for _ in range(20):
            yield bytes(1_000_000)

    before = kept(store)
    told = {"content-type": "multipart/form-data; boundary=x"}
    answer = await vision.http.post("/v1/images", content=endless(), headers=told)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert kept(store) == before


async def test_slow_senders_do_not_fill_the_memory(vision):
    """Eight may send at a time; the ninth is told to come again, not kept waiting."""
    head = (
        f"POST /v1/images HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
        "content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n"
    )
    writers = []
    for _ in range(8):
        _, writer = await asyncio.open_connection("127.0.0.1", vision.port)
        writer.write(head.encode() + bytes(100_000))
        await writer.drain()
        writers.append(writer)
    large = encoded(picture(1500, 1000), quality=95)
    async with asyncio.timeout(10):
        while (answer := await send(vision, large)).status_code == 201:
            pass  # until all eight are noticed
    small = await send(vision, encoded(picture(64, 64)))
    for writer in writers:
        writer.close()
    async with asyncio.timeout(10):
        while (again := await send(vision, large)).status_code == 503:
            pass  # until all eight are gone

    assert len(large) > 65_536
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert small.status_code == 201
    assert again.status_code == 201
