"""Runner: runs torture tests with one seed and says what came of each as one line of JSON.

    python -m tests.faults.torture T01 T04 --full --seed 7
    python -m tests.faults.torture T09 --target docker

Without numbers all of them run, as far as they know the target. Status 1 means that one of them
failed.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.faults.torture.suite import SUITE, Entry
from tests.faults.torture.trial import Trial, result

SLOWER = {"local": 1, "docker": 2}
"""An engine takes its time for each start and each end."""


async def tortured(
    entry: Entry, *, seed: int, full: bool, folder: Path, part: tuple[int, int] = (1, 1),
    target: str = "local",
) -> dict[str, object]:  # fmt: skip
    """The result of one test; one that raises or takes too long has failed."""
    of_part = f" {part[0]}/{part[1]}" if part[1] > 1 else ""
    chance = random.Random(f"{seed} {entry.number}{of_part}")  # noqa: S311 -- repeatable is what counts
    trial = Trial(
        seed=seed, full=full, folder=folder, chance=chance, part=part, target=target
    )  # fmt: skip
    begun = time.monotonic()
    try:
        async with asyncio.timeout(longest(entry, full=full, target=target)):
            await entry.function(trial)
    except Exception as error:  # noqa: BLE001 -- a failure of the test is a result too
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        trial.tally.wrong.append(f"{type(error).__name__} at {place}: {error}")
        traceback.print_exc(file=sys.stderr)
    trial.tally.more["seconds"] = round(time.monotonic() - begun, 1)
    return dict(result(entry.number, trial))


def longest(entry: Entry, *, full: bool, target: str) -> float:
    """Seconds that it may take."""
    return 60 * SLOWER[target] * (entry.minutes if full else entry.short)


def main(words: Sequence[str] | None = None) -> int:
    """The command line."""
    asked = _parsed(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended then, too
    chosen = [
        each for each in SUITE
        if asked.target in each.targets and (not asked.numbers or each.number in asked.numbers)
    ]  # fmt: skip
    seed = asked.seed if asked.seed is not None else secrets.randbelow(1_000_000)
    sys.stderr.write(f"seed {seed}\n")
    failed = 0
    for entry in chosen:
        if entry.root and os.getuid() != 0:
            sys.stderr.write(f"{entry.number}: left out, only root can do it\n")
            continue
        sys.stderr.write(f"{entry.number}: {entry.title}\n")
        found = _in_a_folder(entry, seed, asked)
        sys.stdout.write(f"{json.dumps(found, ensure_ascii=False)}\n")
        sys.stdout.flush()
        failed += not found["passed"]
    return 1 if failed or not chosen else 0


def _in_a_folder(entry: Entry, seed: int, asked: argparse.Namespace) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix=f"seaway-{entry.number}-", dir=_big()))
    folder.chmod(0o755)
    try:
        return asyncio.run(tortured(
            entry, seed=seed, full=asked.full, folder=folder, part=asked.part, target=asked.target
        ))  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _big() -> str | None:
    """A real disk rather than memory: what is written has to be synced for real."""
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else None


def _part(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not 1 <= int(number) <= int(count):
        raise ValueError(text)
    return int(number), int(count)


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture", description=__doc__)
    known = [each.number for each in SUITE]
    parser.add_argument("numbers", nargs="*", metavar="Tnn", help=f"of {', '.join(known)}")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--part", type=_part, default=(1, 1), metavar="K/N",
        help="the K-th of N parts of a test that is long (T06, T07B, T15 to T17); all of one seed "
        "are the whole",
    )  # fmt: skip
    parser.add_argument("--target", choices=("local", "docker"), default="local")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--full", action="store_true", help="as often as was promised")
    length.add_argument("--short", dest="full", action="store_false", help="as often as CI does")
    asked = parser.parse_args(words)
    if unknown := set(asked.numbers) - set(known):
        parser.error(f"no such test: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if deaf := [each.number for each in SUITE
                if each.number in asked.numbers and asked.target not in each.targets]:  # fmt: skip
        parser.error(f"not on {asked.target}: {', '.join(deaf)}")
    return asked
