"""`verify` on a stack that runs for real, with a journey that has every kind of line."""

import json
import re
import signal

import pytest

from tests.commands.terminal import Terminal

STACK = """\
seaway: 1
name: mill
services:
  api:
    run: python3 -m http.server $PORT --bind 127.0.0.1
    port: 8000
    replicas: 2
ingress:
  ports: {http: 28931, https: 28943}
  mill.example.com: {tls: local, routes: {/: api}}
"""
JOURNEY = """\
import asyncio
from datetime import timedelta
from pathlib import Path

from seaway.journey import Both, Evidence, Journey, Line, expect, load, until

HERE = Path(__file__).parent


class Visit:
    def __init__(self, system):
        self.system, self.client = system, system.http()

    async def page(self):
        answer = await self.client.get("/")
        expect(answer.status == 200, Both("no page", "没有页面"), status=answer.status)
        return Evidence(Both("the page <came>", "页面已返回"), {"status": answer.status})

    async def killed(self):
        [one, _] = await self.system.instances("api")
        async with load(self.client, "/") as seen:
            await self.system.kill(one)
            await until(lambda: self.both_but(one.id), Both("it did not come back", "没有恢复"))
        expect(not seen.failures, Both(str(seen.failures), str(seen.failures)))
        return Evidence(Both("it came back", "已恢复"), {"requests": seen.count})

    async def both_but(self, gone):
        serving = {each.id for each in await self.system.instances("api") if each.serving}
        return len(serving) == 2 and gone not in serving

    async def commands(self):
        done = await self.system.execute("api", "sh", "-c", "echo out; echo err >&2; exit 3")
        assert (done.status, done.stdout, done.stderr) == (3, "out\\n", "err\\n"), done
        scaled = await self.system.seaway("scale", "api=1")
        back = await self.system.seaway("scale", "api=2")
        assert (scaled.status, back.status) == (0, 0), (scaled, back)
        findings = await self.system.doctor()
        assert not [each for each in findings if each.severity == "error"], findings
        return Evidence(Both("commands work", "命令可用"))

    async def wrong(self):
        answer = await self.client.get("/nothing")
        expect(answer.status == 200, Both("no such page", "没有该页"), status=answer.status)
        return Evidence(Both("", ""))

    async def lasts(self):
        try:
            print("begun", flush=True)
            await asyncio.sleep(60)
        finally:
            done = await self.system.execute("api", "echo", "tidied")
            (HERE / "tidied").write_text(done.stdout)


def line(name, check=None, **more):
    return Line(id=name, says=Both(f"{name} it", f"{name} 项"), check=check, **more)


GOOD = (
    line("page", Visit.page),
    line("killed", Visit.killed, after=("page",)),
    line("commands", Visit.commands),
    line("panels", not_yet=Both("no panels", "没有面板")),
)
JOURNEY = Journey(begin=Visit, lines=GOOD)
"""

pytestmark = [pytest.mark.local, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def seaway(tmp_path_factory):
    terminal = Terminal.new(tmp_path_factory.mktemp("mill"))
    (terminal.folder / "seaway.yaml").write_text(STACK)
    (terminal.folder / "journey.py").write_text(JOURNEY)
    for name, lines in (
        ("wrong", '(line("wrong", Visit.wrong), line("after", Visit.page, after=("wrong",)))'),
        ("long", '(line("lasts", Visit.lasts), line("page", Visit.page))'),
    ):
        text = JOURNEY.replace("lines=GOOD", f"lines={lines}")
        (terminal.folder / f"{name}.py").write_text(text)
    assert terminal("up", "-d").returncode == 0
    yield terminal
    terminal("down")


def test_a_stack_that_keeps_its_promises(seaway):
    """Whatever a journey may do with the system works, and every line has its evidence."""
    done = seaway("verify", str(seaway.folder), "--format", "json", "--html", "report.html")
    report = json.loads(done.stdout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert report["passed"] is True
    assert report["counts"] == {"passed": 3, "failed": 0, "not tried": 0, "not yet": 1}
    assert [each["outcome"] for each in report["lines"]] == ["passed"] * 3 + ["not yet"]
    assert report["lines"][0]["evidence"] == {
        "en": "the page <came>", "zh": "页面已返回", "figures": {"status": 200},
    }  # fmt: skip
    assert report["lines"][1]["evidence"]["figures"]["requests"] > 4
    assert report["addresses"] == seaway.status()["addresses"]
    page = (seaway.folder / "report.html").read_text(encoding="utf-8")
    assert "the page &lt;came&gt;" in page
    assert '<span lang="zh">没有面板</span>' in page
    assert not re.search(r"<script|<link|src=|url\(|@import", page)


def test_a_stack_that_does_not(seaway):
    done = seaway("verify", "--journey", "wrong.py", "--lang", "zh")

    assert done.returncode == 1
    assert re.sub(r"\d+\.\d s", "0.0 s", done.stdout) == (
        "✘ 失败: wrong 项  0.0 s\n  没有该页 · status 404\n"
        "! 未执行: after 项\n  它依赖的项目没有通过：wrong\n"
    )
    assert "失败 1，未执行 1，通过 0" in done.stderr


def test_only_some_lines_are_tried(seaway):
    """Those that are named, and those that they come after; a wrong name gets the nearest."""
    done = seaway("verify", "--only", "killed", "--format", "json")
    wrong = seaway("verify", "--only", "pages,panels")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["id"] for each in json.loads(done.stdout)["lines"]] == ["page", "killed"]
    assert wrong.returncode == 2
    assert "did you mean page?" in wrong.stderr


def test_an_interrupted_journey_tidies_up_and_still_reports(seaway):
    """What it changed is put back, with the commands it needs for that."""
    process = seaway.start("verify", "--journey", "long.py")
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert out.count("the journey was interrupted") == 2
    assert "not tried 2" in err
    assert (seaway.folder / "tidied").read_text() == "tidied\n"


def test_a_journey_that_cannot_be_used_is_told(seaway):
    (seaway.folder / "broken.py").write_text("import nothing_like_that\n")
    (seaway.folder / "empty.py").write_text("")
    for file, words in (
        ("broken.py", "ModuleNotFoundError"), ("empty.py", "JOURNEY"), ("none.py", "SW901"),
    ):  # fmt: skip
        done = seaway("verify", "--journey", file)

        assert done.returncode == 2, done
        assert words in done.stderr


def test_nothing_is_verified_where_nothing_runs(seaway, tmp_path):
    other = Terminal.new(tmp_path)
    (other.folder / "seaway.yaml").write_text(STACK)
    (other.folder / "journey.py").write_text(JOURNEY)

    assert other("verify").returncode == 7
