"""The journey in a drill: the whole system runs on what was restored, and lines are tried on it."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from seaway import wiring
from seaway.cli import restoring
from seaway.cli.place import HOSTED, Place
from seaway.cli.show import Show
from seaway.cli.system import SETTINGS
from seaway.cli.verify import FILES
from seaway.engine.drill import Toured, Tried
from seaway.engine.restore import whole
from seaway.engine.verify import Outcome
from seaway.errors import SeawayError
from seaway.journey import Both
from seaway.messages import Language, say
from seaway.model.release import Release
from seaway.model.stack import Section

LIMIT = timedelta(minutes=10)
"""For the whole system to come up on two busy processors, and for all of the lines."""
UP = Both("The whole system runs on what was restored", "整个系统在恢复的数据上运行")
READ = Both("The journey can be read", "验收流程可以读取")
GOOD = Both("it runs", "正在运行")


async def toured(show: Show, here: Place, aside: Place, release: Release) -> Toured:
    """What came of it; nothing where the stack has no such lines.

    Stores run in `aside` already, and have been looked at: lines may write what they like. Where a
    service of somebody else is not simulated, nothing is tried: a copy would act on the world.
    """
    file = _file(here)
    if file is None or not any((file.parent / each).is_file() for each in FILES):
        return Toured()
    try:
        if not json.loads(await _said(here, file, "--dry-run")):
            return Toured()
        if real := tuple(_real(here, file, release)):
            return Toured(real=real)
    except (SeawayError, ValueError) as error:
        return Toured(lines=(Tried(id="journey", says=READ, passed=False, seen=_why(error)),))
    up = await _up(show, here, aside, release)
    if not up.passed:
        return Toured(lines=(up,))
    told = json.loads(await _said(here, file, copy=aside.stack))
    return Toured(lines=(up, *map(_tried, told["lines"])))


def _file(here: Place) -> Path | None:
    """The stack file that was brought up, where it is still there."""
    with suppress(FileNotFoundError):
        file = Path(here.state.origin.read_text(encoding="utf-8").strip())
        return file if file.is_file() else None
    return None


def _real(here: Place, file: Path, release: Release) -> Iterator[str]:
    """Names of services of others that nothing on this machine plays."""
    stack = wiring.read_stack(wiring.StackOptions(file=file, environment=here.environment))
    played = {each.component for each in release.workloads}
    for each in stack.declarations:
        if each.section is Section.EXTERNAL and each.name not in played:
            yield each.name


async def _up(show: Show, here: Place, aside: Place, release: Release) -> Tried:
    """One copy of each service; what was built is not built again."""
    aside.state.builds.mkdir(mode=0o711, exist_ok=True)
    for built in here.state.builds.glob("*-*"):
        link = aside.state.builds / built.name
        if not link.exists():
            link.symlink_to(built)
    try:
        if any(each.replicas > 1 for each in release.workloads if each.volumes):
            await restoring.stopped(show, aside)  # one that knew no others begins as the first
        await restoring.brought_up(show, aside, whole(release, aside.stack), otherwise=LIMIT)
    except SeawayError as error:
        return Tried(id="up", says=UP, passed=False, seen=_why(error))
    return Tried(id="up", says=UP, passed=True, seen=GOOD)


async def _said(here: Place, file: Path, *words: str, copy: str = "") -> str:
    """What `verify` prints of those lines, as data: by a process of its own, for it is their code.

    Raises:
        ValueError: it printed nothing of use.
    """
    env = {name: text for name, text in wiring.ENVIRON.items() if name not in SETTINGS}
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 -- this program itself
        sys.executable, "-m", "seaway", "-f", str(file), "-e", here.environment,
        "--format", "json", "verify", "--drilled", *words,
        env={**env, HOSTED: copy} if copy else env, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT.total_seconds()):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise ValueError(f"no end within {LIMIT}") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
    if not out.strip():
        raise ValueError(err.decode(errors="replace").strip()[-500:])
    return out.decode(errors="replace")


def _tried(told: Mapping[str, Any]) -> Tried:
    seen = told["evidence"] or told["cause"] or {"en": told["outcome"], "zh": told["outcome"]}
    return Tried(
        id=told["id"], says=Both(told["says"]["en"], told["says"]["zh"]),
        passed=told["outcome"] in {Outcome.PASSED, Outcome.NOT_YET},
        seen=Both(seen["en"], seen["zh"]), took=timedelta(seconds=told["took"]),
    )  # fmt: skip


def _why(error: Exception) -> Both:
    if not isinstance(error, SeawayError):
        return Both(str(error), str(error))
    return Both(*(say(error.code, error.facts, each).text for each in (Language.EN, Language.ZH)))
