"""The nutrition restaurant keeps its promises (2.0): its pages, its acceptance list, no network.

What each line tries is in `stacks/nutrition/journey/`; people run the same by `seaway verify`.
Runs against a stack of its own, or for the pages against the one that is up in the state folder
`SEAWAY_NUTRITION_STATE`. Screenshots are kept in `SEAWAY_SCREENSHOTS`, or in pytest's own folder.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import in_place
from tests.journeys.running import REPOSITORY, Seaway, lines_of
from tests.journeys.test_aixsss_web import ARGUMENTS

FILE = REPOSITORY / "stacks/nutrition/seaway.yaml"
PHOTO = REPOSITORY / "tests/ai/photos/coffee.jpg"
PORTS = "ingress.ports={http: 38080, https: 38443}"
LIMIT = 600.0
ADMIN = "admin@ai-nutrition-restaurant.com"
PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Visit:
    """An open page, and what it complained of."""

    page: Page
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"nutrition-{name}.png")


@pytest.fixture(scope="module")
def nutrition(state_parent: Path) -> Seaway:
    """On ports of its own, beside the others."""
    if shutil.which("npm") is None:
        pytest.skip("its pages are built with npm, and there is none here")
    if given := os.environ.get("SEAWAY_NUTRITION_STATE"):
        return Seaway(FILE, Path(given))
    state = state_parent / "restaurant"
    state.mkdir(mode=0o755)
    return Seaway(FILE, state, sets=(PORTS,))


@pytest.fixture(scope="module")
def running(nutrition: Seaway) -> Iterator[str]:
    """Its address, while it is up for the tests of the pages."""
    with in_place(nutrition) if nutrition.sets else nullcontext():
        yield str(nutrition.status()["addresses"][0]).rstrip("/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("pages are looked at with chromium, and there is none here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS])
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, pictures: Path, locale: str = "en-GB") -> Iterator[Visit]:
    context = browser.new_context(
        locale=locale, viewport={"width": 1280, "height": 860}, ignore_https_errors=True
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    made = Visit(page, pictures)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    yield made
    context.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SEAWAY_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_guest_orders_pays_and_is_served_while_both_pages_tell(
    nutrition: Seaway, running: str, browser: Browser, pictures: Path
) -> None:
    with visit(browser, pictures) as guest, visit(browser, pictures, "zh-CN") as chef:
        register(guest, running)
        choose(guest)
        order_and_pay(guest)
        log_in(chef, running, nutrition("exec", "api", "--", "printenv", "ADMIN_PASSWORD").strip())
        serve(chef, guest)

        assert guest.complaints == chef.complaints == []


def register(guest: Visit, address: str) -> None:
    page = guest.page
    page.goto(f"{address}/app/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    guest.picture("1-welcome")
    page.get_by_role("button", name="New here?").click()
    page.get_by_label("E-mail").fill(f"{uuid4().hex[:12]}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Steamed sea bass")).to_be_visible()


def choose(guest: Visit) -> None:
    page = guest.page
    dish = page.locator("article.dish").filter(has=page.get_by_text("Tomato and egg stir-fry"))
    dish.get_by_role("button", name="Similar").click()
    similar = page.get_by_role("region", name="Similar")
    expect(similar.get_by_text("Green pepper and egg stir-fry")).to_be_visible()
    dish.get_by_role("button", name="Add").click()
    similar.get_by_role("button", name="Add").click()
    page.get_by_label("I like").fill("light fish, lots of protein")
    page.get_by_role("button", name="Save").click()
    suggested = page.get_by_role("region", name="Made for you")
    expect(suggested.get_by_text("Steamed sea bass")).to_be_visible()
    guest.picture("2-menu")


def order_and_pay(guest: Visit) -> None:
    page = guest.page
    page.get_by_label("Telephone").fill("13800138000")
    page.get_by_role("button", name="Order · ¥42").click()
    expect(page.locator("article.order")).to_contain_text("To be paid")
    page.get_by_role("button", name="WeChat").click()
    expect(page.locator("svg.code")).to_be_visible()
    guest.picture("3-pay")
    number = page.locator("article.order header code").inner_text()
    inbox = str(page.get_by_role("link", name="open the simulator").get_attribute("href"))
    paid = page.request.post(f"{inbox}/payments/W{number}/pay")
    assert paid.ok
    expect(page.get_by_role("status")).to_contain_text("Paid")  # told by the websocket
    expect(page.locator("article.order .tag.paid")).to_be_visible()


def log_in(chef: Visit, address: str, password: str) -> None:
    page = chef.page
    page.goto(address)
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("邮箱").fill(ADMIN)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="菜品")).to_be_visible()


def serve(chef: Visit, guest: Visit) -> None:
    page = chef.page
    page.get_by_role("link", name="订单").click()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("已支付")
    first.get_by_role("button", name="开始制作").click()
    expect(guest.page.locator("article.order .tag.cooking")).to_be_visible()
    first.get_by_role("button", name="制作完成").click()
    expect(guest.page.get_by_role("status")).to_contain_text("Ready")
    chef.picture("4-console-orders")
    guest.picture("5-served")


def test_a_photo_is_recognised(running: str, browser: Browser, pictures: Path) -> None:
    """And a text is refused in words."""
    with visit(browser, pictures) as guest:
        register(guest, running)
        page = guest.page
        page.get_by_role("link", name="Photo").click()
        page.locator("input[type=file]").set_input_files(PHOTO)
        expect(page.locator("article.photo")).to_contain_text("espresso")
        expect(page.locator("article.photo")).to_contain_text("kcal")
        guest.picture("6-photo")
        page.locator("input[type=file]").set_input_files(FILE)
        expect(page.get_by_role("alert")).to_have_text("That is not a JPEG, PNG or WebP picture.")
        assert guest.complaints == []


def test_questions_are_answered_as_they_are_written_in_both_languages(
    running: str, browser: Browser, pictures: Path
) -> None:
    with visit(browser, pictures) as guest:
        register(guest, running)
        page = guest.page
        page.get_by_role("link", name="Ask").click()
        page.get_by_label("Your question").fill("How much protein is in the steamed sea bass?")
        page.get_by_role("button", name="Ask").click()
        expect(page.locator(".answer")).to_contain_text("38 g of protein")
        expect(page.locator(".answer footer")).to_contain_text("清蒸鲈鱼")
        page.get_by_role("button", name="中文").click()
        page.get_by_label("你的问题").fill("月球有多远？")
        page.get_by_role("button", name="提问").click()
        expect(page.locator(".answer").last).to_contain_text("菜单资料中没有答案。")
        guest.picture("7-answers-zh")
        on_a_phone_in_the_dark(guest)
        assert guest.complaints == []


def on_a_phone_in_the_dark(guest: Visit) -> None:
    page = guest.page
    page.get_by_role("button", name="深色").click()
    page.get_by_role("link", name="菜单").click()
    expect(page.get_by_role("heading", name="清蒸鲈鱼")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    guest.picture("8-menu-zh-dark-phone")
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow), "the page is wider than the phone"


def test_the_console_adds_changes_and_removes_a_dish(
    nutrition: Seaway, running: str, browser: Browser, pictures: Path
) -> None:
    with visit(browser, pictures, "zh-CN") as chef:
        log_in(chef, running, nutrition("exec", "api", "--", "printenv", "ADMIN_PASSWORD").strip())
        page, name = chef.page, f"试菜{uuid4().hex[:6]}"
        chef.picture("9-console-dishes")
        page.get_by_role("button", name="新增菜品").click()
        page.get_by_label("名称").fill(name)
        page.get_by_label("热量（千卡）").fill("320")
        page.get_by_label("过敏原").fill("鸡蛋，大豆")
        page.get_by_label("图片").set_input_files(PHOTO)
        chef.picture("10-console-form")
        page.get_by_role("button", name="保存").click()
        row = page.locator("tbody tr").filter(has_text=name)
        expect(row).to_contain_text("320")
        expect(row.get_by_text("索引中")).to_have_count(0)  # embedded meanwhile

        row.get_by_role("button", name="修改").click()
        page.get_by_label("热量（千卡）").fill("333")
        page.get_by_role("button", name="保存").click()
        expect(row).to_contain_text("333")
        row.get_by_role("button", name="删除").click()
        row.get_by_role("button", name="删除").click()
        expect(row).to_have_count(0)
        assert chef.complaints == []


@pytest.mark.timeout(LIMIT)
@pytest.mark.usefixtures("running")  # which builds it, and has it down in the end
def test_every_promise_is_kept_without_a_network(nutrition: Seaway) -> None:
    """In a network namespace that has nothing but its own loopback, once everything is built."""
    if os.getuid() != 0:
        pytest.skip("only root may make a network without a route")
    with cut_off() as inside:
        assert what_happens(inside, "127.0.0.1") == "ECONNREFUSED"  # it is there, and empty
        assert what_happens(inside, "192.0.2.1") == "ENETUNREACH"
        nutrition("down", "--timeout", "120s")
        apart = replace(nutrition, before=inside)
        with in_place(apart):
            lines = lines_of("nutrition")
            said = apart(
                "verify", "-y", "--only", lines, "--format", "json", status=None, limit=LIMIT
            )  # fmt: skip

    report = json.loads(said)
    outcomes = {each["id"]: each["outcome"] for each in report["lines"]}
    assert set(outcomes.values()) == {"passed"}, json.dumps(report, indent=1, ensure_ascii=False)
    assert len(outcomes) == 12


HOLD = """
import fcntl, socket, struct, sys
up = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8914, up)  # SIOCSIFFLAGS
print("up", flush=True)
sys.stdin.read()
"""
CONNECT = """
import errno, socket, sys
try:
    socket.create_connection((sys.argv[1], 9), 5)
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@contextmanager
def cut_off() -> Iterator[tuple[str, ...]]:
    """How to run something where there is no network but the machine's own loopback."""
    holder = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "up\n"
        yield ("nsenter", f"--net=/proc/{holder.pid}/ns/net")
    finally:
        holder.communicate("", 10)


def what_happens(inside: tuple[str, ...], host: str) -> str:
    """The name of the error of a connection from there."""
    words = [*inside, sys.executable, "-c", CONNECT, host]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
