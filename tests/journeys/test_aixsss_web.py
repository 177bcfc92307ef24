"""AIXSSS as people meet it: in a browser, through the ingress, in both languages.

Runs against the stack the journeys bring up, or the one whose address is in `SEAWAY_AIXSSS_URL`.
Screenshots are kept in the folder `SEAWAY_SCREENSHOTS`, or in pytest's own.
"""

import io
import os
import shutil
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

PASSWORD = "correct horse battery"
KEY = "sk-live-4b1d7c9e2f6a8035"
SONG_SECONDS = 120
# functions, not page.wait_for_function: that one evaluates text, which the page's policy forbids
LOADED = """sound => new Promise((tell, fail) => {
  const look = () => sound.readyState >= 2 ? tell(sound.duration) : setTimeout(look, 50)
  sound.onerror = () => fail(sound.error.message)
  look()
})"""
PLAYED_FROM = """async (sound, second) => {
  sound.muted = true
  sound.currentTime = second
  await sound.play()
  return new Promise(tell => {
    const now = () => sound.currentTime
    const look = () => now() > second + 0.2 ? tell(now()) : setTimeout(look, 50)
    look()
  })
}"""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass(frozen=True, slots=True)
class Visit:
    """An open page, what it was answered, and where its pictures go."""

    page: Page
    pictures: Path
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png")


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
def visit(browser: Browser, address: str, tmp_path: Path) -> Iterator[Visit]:
    pictures = Path(os.environ.get("SEAWAY_SCREENSHOTS", tmp_path))
    pictures.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 820})
    context.set_default_timeout(20_000)
    page = context.new_page()
    visit = Visit(page, pictures)
    listen(visit)
    page.goto(address)
    yield visit
    context.close()


def listen(visit: Visit) -> None:
    """Notes all answers, and all the browser complains of."""

    def answered(answer: Response) -> None:  # Playwright marks what it calls: no bare `append`
        visit.answers.append(answer)

    def said(line: ConsoleMessage) -> None:
        if line.type == "error":
            visit.complaints.append(line.text)

    visit.page.on("response", answered)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on("console", said)


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV file of 10 MB: three parts."""
    path = tmp_path_factory.mktemp("media") / "long-tone.wav"
    second = b"".join((n * 400 % 65536).to_bytes(2, "little") for n in range(44100))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        for _ in range(SONG_SECONDS):
            file.writeframes(second)
    path.write_bytes(sound.getvalue())
    return path


def test_a_new_user_saves_a_key_and_plays_a_file_uploaded_in_parts(
    visit: Visit, song: Path
) -> None:
    sign_up(visit)
    save_key(visit)
    upload(visit, song)
    play_from_the_middle(visit)
    log_out(visit)

    assert visit.complaints == []


def sign_up(visit: Visit) -> None:
    page = visit.page
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    visit.picture("1-welcome")
    page.get_by_role("button", name="New here?").click()
    page.get_by_label("E-mail").fill(f"{uuid4().hex[:12]}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def save_key(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("link", name="Provider keys").click()
    page.get_by_label("Label").fill("team account")
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_role("button", name="Save key").click()
    expect(page.get_by_text("••••8035")).to_be_visible()
    visit.picture("2-keys")
    page.reload()
    expect(page.get_by_text("••••8035")).to_be_visible()
    assert KEY not in page.content()


def upload(visit: Visit, song: Path) -> None:
    page = visit.page
    page.get_by_role("link", name="Files").click()
    page.get_by_label("Choose files").and_(page.locator("input")).set_input_files(song)
    expect(page.locator("progress")).to_be_visible()
    visit.picture("3-uploading")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    visit.picture("4-files")
    parts = [answer for answer in visit.answers if "/parts/" in answer.url]
    assert sorted(answer.url.rpartition("/")[2] for answer in parts) == ["1", "2", "3"]
    assert {answer.status for answer in parts} == {200}


def play_from_the_middle(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Play").click()
    sound = page.locator("audio")
    assert round(sound.evaluate(LOADED)) == SONG_SECONDS
    assert sound.evaluate(PLAYED_FROM, 90) > 90
    visit.picture("5-player")
    played = [answer for answer in visit.answers if answer.url.endswith("/content")]
    assert 206 in {answer.status for answer in played}
    assert all("token" not in answer.url for answer in played)
    page.get_by_role("button", name="Close").click()
    expect(sound).to_have_count(0)


def log_out(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_page_speaks_chinese_and_knows_the_dark(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("button", name="深色").click()
    visit.picture("6-welcome-zh-dark")

    page.get_by_role("button", name="没有账号").click()
    page.get_by_label("邮箱").fill(f"{uuid4().hex[:12]}@example.com")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="注册").click()
    expect(page.get_by_role("heading", name="我的文件")).to_be_visible()
    visit.picture("7-files-zh-dark")

    page.reload()  # both choices are kept
    expect(page.get_by_role("heading", name="我的文件")).to_be_visible()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.set_viewport_size({"width": 390, "height": 780})
    page.get_by_role("link", name="服务商密钥").click()
    visit.picture("8-keys-zh-phone")
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow), "the page is wider than the phone"


def test_a_wrong_password_is_told_in_words(visit: Visit) -> None:
    page = visit.page
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_have_text("The address or the password is wrong.")


def test_an_upload_is_paused_and_given_up(visit: Visit, song: Path) -> None:
    page = visit.page
    sign_up(visit)
    slow = visit.page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 500_000}
    slow.send("Network.emulateNetworkConditions", limits)
    page.get_by_label("Choose files").and_(page.locator("input")).set_input_files(song)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused at")).to_be_visible()
    visit.picture("9-paused")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("progress")).to_have_count(0)
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def open_jobs(visit: Visit) -> Page:
    sign_up(visit)
    page = visit.page
    page.get_by_role("link", name="AI jobs").click()
    expect(page.get_by_text("No job yet")).to_be_visible()
    return page


def ask_for(page: Page, prompt: str) -> None:
    page.get_by_label("What it is about").fill(prompt)
    page.get_by_role("button", name="Write it").click()


def test_a_storyboard_is_written_before_ones_eyes(visit: Visit) -> None:
    page = open_jobs(visit)
    visit.picture("10-jobs-none")
    page.get_by_text("Storyboard", exact=True).click()
    page.get_by_label("Scenes").select_option("3")
    ask_for(page, "A lighthouse in winter; a child finds a letter that was never sent")

    job = page.locator(".job")
    expect(job.get_by_text("Writing")).to_be_visible()
    expect(job.locator(".caret")).not_to_be_empty()
    first = job.locator(".caret").inner_text()
    expect(job.locator(".caret")).not_to_have_text(first)
    visit.picture("11-job-writing")
    expect(job.get_by_text("1 of 3 scenes")).to_be_visible()
    expect(job.get_by_text("Done")).to_be_visible(timeout=60_000)

    job.get_by_role("button", name="Read").click()
    expect(job.get_by_role("heading", name="Scene 3")).to_be_visible()
    expect(job.locator(".piece")).to_have_count(3)
    visit.picture("12-job-done")
    page.reload()  # it was kept
    expect(job.get_by_text("Done")).to_be_visible()
    assert visit.complaints == []


def test_a_failed_job_tells_why_and_is_replayed(visit: Visit) -> None:
    """The stand-in of a model fails for prompts that ask it to."""
    page = open_jobs(visit)
    ask_for(page, "A gale [[simulate: 503]]")
    expect(page.get_by_text("Waits to try again")).to_be_visible()
    visit.picture("13-job-waits")
    failed = page.get_by_role("region", name="Failed for good")
    expect(failed.get_by_text("The provider is overloaded or broken.")).to_be_visible(
        timeout=60_000
    )
    expect(failed.get_by_text("answered 503")).to_be_visible()
    expect(failed.get_by_text("attempt 3")).to_be_visible()
    visit.picture("14-job-dead")

    failed.get_by_role("button", name="Replay").click()

    expect(failed).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()


def test_jobs_in_chinese_in_the_dark_and_on_a_phone(visit: Visit) -> None:
    page = open_jobs(visit)
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="深色").click()
    page.get_by_text("绘图提示词", exact=True).click()
    page.get_by_label("写什么").fill("纸做的狐狸，站在雪地里")
    page.get_by_role("button", name="开始生成").click()
    expect(page.get_by_text("已完成")).to_be_visible(timeout=60_000)
    page.get_by_label("写什么").fill("大风 [[simulate: 404]]")
    page.get_by_role("button", name="开始生成").click()
    expect(page.get_by_role("heading", name="最终失败")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("服务商没有这个模型。")).to_be_visible()
    visit.picture("15-jobs-zh-dark")

    page.set_viewport_size({"width": 390, "height": 780})

    visit.picture("16-jobs-zh-phone")
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow), "the page is wider than the phone"
