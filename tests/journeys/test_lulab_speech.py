"""LuLab hears: a recording of a person speaking comes as M4A, and is written down on this machine.

Long: it brings up a whole stack of its own, and fetches the weights where they are not there yet.
"""

import asyncio
import base64
import time
from pathlib import Path

import httpx2
import pytest

from tests.ai.speech import FAIL, clip, encoded, errors, wave, words
from tests.journeys.conftest import in_place
from tests.journeys.running import REPOSITORY, Seaway

pytestmark = pytest.mark.long
FILE = REPOSITORY / "stacks/lulab/seaway.yaml"
SETS = ("ingress.ports={http: 58090, https: 58453}", "ai.llm.routes.hear.to=[speech/hear]")
ADMIN = "admin@lulab.com"
WITHIN = 240.0
"""Seconds; on an idle processor five are enough."""


@pytest.mark.timeout(900)
async def test_what_people_say_is_written_down_offline(state_parent: Path) -> None:
    """Also silence ends well; and what is no recording is given up at once, not tried for hours."""
    state = state_parent / "speech"
    state.mkdir(mode=0o755)
    spoken = encoded(await clip("fail"), "ipod", "aac")
    lulab = Seaway(FILE, state, sets=SETS)
    with in_place(lulab):
        env = dict(
            line.partition("=")[::2] for line in lulab("exec", "api", "--", "env").splitlines()
        )
        address = str(lulab.status()["addresses"][0]).rstrip("/")
        async with httpx2.AsyncClient(base_url=address, verify=False, timeout=30) as people:
            await log_in(people, env["ADMIN_PASSWORD"])
            for subject, content, kind in (
                ("beckett", spoken, "audio/mp4"), ("nobody", wave(3), "audio/wav"),
                ("broken", spoken[:-2000], "audio/mp4"),
            ):  # fmt: skip
                told = {"subject": subject, "media_type": kind,
                        "content": base64.b64encode(content).decode()}  # fmt: skip
                sent = await people.post(f"{env['MEETING_INBOX']}/recordings", json=told)
                assert sent.is_success, sent.text

            said = await transcript(people, "beckett")
            assert errors(words(FAIL), words(said)) <= 0.1, said
            assert await transcript(people, "nobody") == "没有听到说话 · Nothing was said"
            given_up = lulab("logs", "worker", "--grep", "broken, or there is no sound")
            assert "400" in given_up
            assert (await listed(people, "broken"))["state"] == "stored"


async def log_in(people: httpx2.AsyncClient, password: str) -> None:
    answer = await people.post("/api/auth/login", json={"email": ADMIN, "password": password})
    people.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"


async def listed(people: httpx2.AsyncClient, subject: str) -> dict:
    answer = await people.get("/api/meetings", params={"q": subject})
    return next(iter(answer.json().get("meetings", [])), {"state": "unknown"})


async def transcript(people: httpx2.AsyncClient, subject: str) -> str:
    """Of the recording, once it is done."""
    end = time.monotonic() + WITHIN
    while (found := await listed(people, subject))["state"] != "done":
        assert time.monotonic() < end, f"{subject}: {found['state']}"
        await asyncio.sleep(1)
    return str((await people.get(f"/api/recordings/{found['id']}")).json()["transcript"])
