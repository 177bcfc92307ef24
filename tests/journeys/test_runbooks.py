"""Each system destroyed, volumes and all, and brought back by its runbook, typed as written.

`just runbooks` types all five, one after the other; without it HearTalk's, and CI none.
"""

import json
import os
import re
import shlex
import shutil
import signal
import time
from contextlib import suppress

import pytest

from tests.faults.torture.calls import processes_of
from tests.journeys.acknowledged import Acknowledged
from tests.journeys.conftest import in_place
from tests.journeys.running import REPOSITORY, Seaway, own_processes

pytestmark = pytest.mark.local
ALL = ("aixsss", "heartalk", "nutrition", "lulab", "qingyu")
STACKS = ALL if os.environ.get("SEAWAY_RUNBOOKS") == "all" else ("heartalk",)
PORTS = "ingress.ports={http: 38180, https: 38543}"
LIMIT = 300.0
"""Seconds, as the issue and the documents have them."""
CHAPTER = {
    "README.md": "## Runbook: everything is lost",
    "README.zh-CN.md": "## 运行手册：全部丢失",
}


def runbook(stack: str, page: str = "README.md") -> list[str]:
    """The lines of its block, as they are typed."""
    text = (REPOSITORY / "stacks" / stack / page).read_text()
    block = re.search(r"```sh\n(.*?)```", text.partition(CHAPTER[page])[2], re.DOTALL)
    assert block, f"{stack} has no runbook in {page}"
    return block[1].splitlines()


@pytest.mark.parametrize("stack", ALL)
def test_a_runbook_is_the_same_in_both_languages(stack):
    assert runbook(stack) == runbook(stack, "README.zh-CN.md")


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
def test_destroyed_with_all_volumes_it_is_back_in_five_minutes(stack, state_parent, capfd):
    """Killed while it works, its state folder removed: ledger, vault and volumes. Nothing that a
    store acknowledged before the last backup is missing."""
    file = REPOSITORY / "stacks" / stack / "seaway.yaml"
    with in_place(Seaway(file, state_parent, sets=(PORTS,))) as seaway:
        written = Acknowledged(state_parent, stack)
        with written.written():
            time.sleep(5)
        seaway("backup")
        key = seaway("backups", "--key").strip()
        destroyed(seaway, stack)

        begun = time.monotonic()
        typed(seaway, stack, key)
        seconds = time.monotonic() - begun

        lost = written.lost()
        with capfd.disabled():
            told = {"stack": stack, "seconds": round(seconds, 1), "acknowledged": written.counts}
            print(json.dumps({**told, "lost": lost}))  # noqa: T201 -- the figures
        assert seconds < LIMIT
        assert set(lost.values()) == {0}


def destroyed(seaway: Seaway, stack: str) -> None:
    """At once and without being asked. A supervisor that dies last has begun some of it anew; and
    servers are known by their shims, which have their locks open."""
    folder = seaway.state / stack
    while (left := {*own_processes(folder), *processes_of(folder)}) or folder.exists():
        for each in left:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)  # what dies still writes


def typed(seaway: Seaway, stack: str, key: str) -> None:
    """Line by line; what is exported is there for those that follow."""
    environ: dict[str, str] = {}
    for line in runbook(stack):
        words = shlex.split(line, comments=True)
        if words[:1] == ["export"]:
            name, _, text = words[1].partition("=")
            environ[name] = key if text == "…" else text
        elif words[:1] == ["seaway"]:
            Seaway(seaway.file, seaway.state, environ, seaway.sets)(*words[1:])
