"""Recovery: a system saved, drilled, destroyed with all of its data, and brought back."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from seaway.journey.acceptance import Both, Evidence, expect
from seaway.journey.system import System

LIMIT = timedelta(minutes=5)
"""For each command, and for the restore as the documents promise it (HearTalk, R163)."""


async def recovered(system: System) -> Evidence:
    """Return what it took; everything that was acknowledged before is there again.

    Raises:
        Failed: the drill found something, a command failed, or it took longer than `LIMIT`.
    """
    saved = json.loads(await _told(system, "backup", "--format", "json"))
    held = json.loads(await _told(system, "drill", "--format", "json"))
    await _told(system, "down", "--destroy-data", system.stack)
    begun = time.monotonic()
    await _told(system, "restore")
    seconds = time.monotonic() - begun
    expect(
        seconds < LIMIT.total_seconds(), Both("too slow", "太慢"), seconds=round(seconds, 1)
    )  # fmt: skip
    return Evidence(
        Both("saved, drilled, destroyed and restored", "已备份、演练、销毁并恢复"),
        {"backup": saved[0]["backup"], "restore_s": round(seconds, 1), **_figures(held)},
    )


def _figures(report: Mapping[str, Any]) -> Mapping[str, str | int | float]:
    lost = [float(each["rpo_seconds"]) for each in report["stores"]]
    followed = [int(each["references"]) for each in report["stores"]]
    return {
        "drill_s": round(float(report["rto_seconds"]), 1), "lost_at_most_s": round(max(lost), 1),
        "references": sum(followed),
    }  # fmt: skip


async def _told(system: System, *words: str) -> str:
    done = await system.seaway(*words, limit=LIMIT)
    expect(done.status == 0, Both("a command failed", "命令失败"), said=done.stderr[-800:])
    return done.stdout
