"""Qingyu keeps its promises (2.4): its page, and its acceptance list, line by line.

What each line tries is in `stacks/qingyu/journey/`; people run the same by `seaway verify`.
Runs against a stack of its own, or for the page against the one that is up in the state folder
`SEAWAY_QINGYU_STATE`. Screenshots are kept in `SEAWAY_SCREENSHOTS`, or in pytest's own folder.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import in_place
from tests.journeys.running import REPOSITORY, Seaway, lines_of
from tests.journeys.test_aixsss_web import ARGUMENTS

FILE = REPOSITORY / "stacks/qingyu/seaway.yaml"
PORTS = "ingress.ports={http: 48080, https: 48443}"
TIMEOUT = "ingress.api.qingyu.com.routes./api/v1/ai/.timeout=20s"
SILENCE = {"QINGYU_SILENCE": "22"}
"""Seconds: beyond that time-out, as the usual 62 are beyond the usual one."""
LIMIT = 600.0
NOT_YET = {"panels"}
NOTES = "The keeper of the lighthouse is called Marta Quill, and she is seventy years old."


@pytest.fixture(scope="module")
def qingyu(state_parent: Path) -> Iterator[Seaway]:
    """On ports of its own, beside the others."""
    if given := os.environ.get("SEAWAY_QINGYU_STATE"):
        yield Seaway(FILE, Path(given))
        return
    state = state_parent / "writing"
    state.mkdir(mode=0o755)
    with in_place(Seaway(FILE, state, SILENCE, sets=(PORTS, TIMEOUT))) as seaway:
        yield seaway


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Of a browser, which has nothing to complain of in the end."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("pages are looked at with chromium, and there is none here")
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS])
        made = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 860})
        made.set_default_timeout(20_000)
        complaints: list[str] = []
        made.on("pageerror", lambda error: complaints.append(str(error)))
        yield made
        browser.close()
        assert complaints == []


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SEAWAY_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_writer_asks_about_documents_in_the_page(
    qingyu: Seaway, page: Page, pictures: Path
) -> None:
    """In both languages; what was said is there again after the page was loaded anew."""
    page.goto(str(qingyu.status()["addresses"][0]))
    register(page, pictures)
    write(page)
    page.screenshot(path=pictures / "qingyu-2-document.png")
    page.get_by_role("button", name="New conversation").first.click()
    say(page, "What is the keeper of the lighthouse called?")
    answer = page.locator(".answer").first
    expect(answer).to_contain_text("Marta Quill")
    expect(answer.locator("footer")).to_contain_text("Harbour notes")
    draft_and_stop(page, pictures)

    page.reload()
    page.get_by_role("button", name="What is the keeper").click()
    expect(page.locator(".answer").first.locator("footer")).to_contain_text(NOTES)
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".answer").last.get_by_role("alert")).to_have_text("回答在此中断。")
    page.screenshot(path=pictures / "qingyu-4-zh.png")
    on_a_phone_in_the_dark(page, pictures)


def register(page: Page, pictures: Path) -> None:
    page.get_by_role("button", name="New here?").click()
    page.get_by_label("E-mail").fill(f"{uuid4().hex[:12]}@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.screenshot(path=pictures / "qingyu-1-door.png")
    page.get_by_role("button", name="Register").click()


def draft_and_stop(page: Page, pictures: Path) -> None:
    """It comes piece by piece, and what came before the stop is kept."""
    page.get_by_role("button", name="Draft").click()
    say(page, "Write a blurb [[simulate: pace;for=0.2]]")
    draft = page.locator(".answer").last
    expect(draft.locator(".said")).not_to_have_text("Writing…")
    page.screenshot(path=pictures / "qingyu-3-writing.png")
    assert 0 < len(draft.inner_text()) < 200
    page.get_by_role("button", name="Stop").click()
    expect(draft.get_by_role("alert")).to_have_text("The answer broke off here.")


def write(page: Page) -> None:
    page.get_by_role("button", name="New document").click()
    page.get_by_label("Title").fill("Harbour notes")
    page.get_by_label("Text").fill(NOTES)
    page.get_by_role("button", name="Save").click()
    shelf = page.get_by_role("region", name="Documents")
    expect(shelf.locator(".tag")).to_have_text("ready")


def say(page: Page, message: str) -> None:
    page.get_by_label("Your message").fill(message)
    page.get_by_label("Your message").press("Enter")


def on_a_phone_in_the_dark(page: Page, pictures: Path) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path=pictures / "qingyu-5-phone.png")
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow), "the page is wider than the phone"


@pytest.mark.timeout(LIMIT)
def test_every_promise_is_kept(qingyu: Seaway) -> None:
    said = qingyu(
        "verify", "-y", "--only", lines_of("qingyu"), "--format", "json", status=None, limit=LIMIT
    )  # fmt: skip

    report = json.loads(said)
    outcomes = {each["id"]: each["outcome"] for each in report["lines"]}
    expected = {line: "not yet" if line in NOT_YET else "passed" for line in outcomes}
    assert outcomes == expected, json.dumps(report, indent=1, ensure_ascii=False)
    assert len(outcomes) == 13
    assert qingyu.status()["health"] == "healthy"
