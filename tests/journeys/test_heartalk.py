"""HearTalk keeps its promises: its acceptance list (2.2), line by line, and its page in a browser.

What each line tries is in `stacks/heartalk/journey/`; people run the same by `seaway verify`.
"""

import json
import shutil

import pytest

from tests.journeys.running import Seaway

NOT_YET = {"alert"}
LIMIT = 600.0
"""Seconds; 10,000 requests are among them."""
DOCUMENT = 245.67
"""Requests/s as the document reports them; a figure for people, no limit of this test."""


@pytest.mark.timeout(LIMIT)
def test_every_promise_is_kept(heartalk: Seaway):
    said = heartalk("verify", "-y", "--format", "json", status=None, limit=LIMIT)

    report = json.loads(said)
    outcomes = {each["id"]: each["outcome"] for each in report["lines"]}
    expected = {line: "not yet" if line in NOT_YET else "passed" for line in outcomes}
    assert outcomes == expected, json.dumps(report, indent=1, ensure_ascii=False)
    assert len(outcomes) == 13
    figures = {
        each["id"]: each["evidence"]["figures"] for each in report["lines"] if each["evidence"]
    }
    assert figures["load"]["success_percent"] >= 99.99
    assert figures["load"]["document_requests_per_s"] == DOCUMENT
    assert heartalk.status()["health"] == "healthy"


def test_a_visitor_talks_in_the_page(heartalk: Seaway):
    """In both languages; the second identical question is remembered."""
    playwright = pytest.importorskip("playwright.sync_api")
    browser_program = shutil.which("chromium")
    if browser_program is None:
        pytest.skip("there is no chromium here")
    address = heartalk.status()["addresses"][0]

    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=browser_program, args=["--no-sandbox"])
        page = browser.new_page(locale="zh-CN")
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        for _ in range(2):
            page.fill("#question", "你好")
            page.press("#question", "Enter")
            page.wait_for_selector("#send:enabled")
        answers = page.locator("article:not(.mine)").all_inner_texts()
        page.click("#language")
        send = page.inner_text("#send")
        browser.close()

    assert len(answers) == 2
    assert all("直接回答" in each for each in answers)
    assert send == "Send"
    assert wrong == []
