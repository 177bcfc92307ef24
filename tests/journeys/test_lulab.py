"""LuLab keeps its promises (2.3): its acceptance list, and its pages in a browser.

What each line tries is in `stacks/lulab/journey/`; people run the same by `seaway verify`.
Runs against a stack of its own, or against the one that is up in the state folder
`SEAWAY_LULAB_STATE`. Screenshots are kept in `SEAWAY_SCREENSHOTS`, or in pytest's own folder.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import in_place
from tests.journeys.running import REPOSITORY, Seaway
from tests.journeys.test_aixsss_web import ARGUMENTS

FILE = REPOSITORY / "stacks/lulab/seaway.yaml"
PORTS = "ingress.ports={http: 58080, https: 58443}"
LIMIT = 600.0
NOT_YET = {"panels"}
ADMIN = "admin@lulab.com"
SAID = "李伟：三点发布新版。王芳：我写公告，四点前发出。"


@pytest.fixture(scope="module")
def lulab(state_parent: Path) -> Seaway:
    """On ports of its own, beside the others."""
    if given := os.environ.get("SEAWAY_LULAB_STATE"):
        return Seaway(FILE, Path(given))
    state = state_parent / "meetings"
    state.mkdir(mode=0o755)
    return Seaway(FILE, state, sets=(PORTS,))


@pytest.fixture(scope="module")
def running(lulab: Seaway) -> Iterator[str]:
    """Its address, while it is up for all tests here."""
    with in_place(lulab) if lulab.sets else nullcontext():
        yield str(lulab.status()["addresses"][0]).rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("pages are looked at with chromium, and there is none here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SEAWAY_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(browser: Browser, complaints: list[str], locale: str = "en-GB") -> Page:
    context = browser.new_context(
        locale=locale, viewport={"width": 1180, "height": 800}, ignore_https_errors=True
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def log_in(page: Page, address: str, password: str) -> None:
    page.goto(address)
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_recording_appears_is_summed_up_and_played(
    lulab: Seaway, running: str, browser: Browser, pictures: Path
) -> None:
    """The page follows by itself: nobody has to load it again."""
    env = dict(line.partition("=")[::2] for line in lulab("exec", "api", "--", "env").splitlines())
    complaints: list[str] = []
    page = opened(browser, complaints)
    log_in(page, running, "not the password")
    expect(page.get_by_role("alert")).to_have_text("The address or the password is wrong.")
    page.screenshot(path=pictures / "lulab-1-log-in.png")
    log_in(page, running, env["ADMIN_PASSWORD"])
    expect(page.get_by_role("heading", name="Meetings")).to_be_visible()

    told = {"subject": "产品周会", "said": SAID, "creator": "liwei", "creator_name": "李伟"}
    assert httpx2.post(f"{env['MEETING_INBOX']}/recordings", json=told).is_success

    entry = page.locator("a.meeting").filter(has=page.get_by_text("产品周会")).first
    expect(entry.locator(".tag.done")).to_be_visible()
    page.screenshot(path=pictures / "lulab-2-meetings.png")
    entry.click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    expect(page.get_by_text(SAID, exact=True)).to_be_visible()
    expect(page.locator("ul.told li")).to_have_count(3)
    played(page)
    page.screenshot(path=pictures / "lulab-3-recording.png")
    on_a_phone_in_chinese(page)
    page.screenshot(path=pictures / "lulab-4-phone-zh.png")
    assert complaints == []


def played(page: Page) -> None:
    length = "document.querySelector('audio').duration"
    page.wait_for_function(f"{length} > 0.9 && {length} < 1.1")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"


def on_a_phone_in_chinese(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="纪要")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow), "the page is wider than the phone"


def test_one_page_shows_all_that_was_sent(
    lulab: Seaway, running: str, browser: Browser, pictures: Path
) -> None:
    whole = lulab.status()
    [inbox] = [each for each in whole["workloads"] if each["name"] == "inbox"]
    address = inbox["instances"][0]["addresses"]["http"]
    page = opened(browser, [], "zh-CN")
    page.goto(f"http://{address}/inbox")

    for way in ("mail", "sms", "feishu"):
        expect(page.get_by_role("cell", name=way, exact=True).first).to_be_visible()
    page.screenshot(path=pictures / "lulab-5-inbox.png")


def test_the_acceptance_list_is_kept(lulab: Seaway, running: str) -> None:
    said = lulab("verify", "-y", "--format", "json", status=None, limit=LIMIT)
    lines = {each["id"]: each for each in json.loads(said)["lines"]}
    bad = [each for each in lines.values() if each["outcome"] not in {"passed", "not yet"}]
    later = {name for name, each in lines.items() if each["outcome"] == "not yet"}

    assert not bad, json.dumps(bad, ensure_ascii=False, indent=1)
    assert later == NOT_YET
