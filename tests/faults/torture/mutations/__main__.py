"""Puts each bug into a copy of Seaway and runs the torture test that must catch it.

    python -m tests.faults.torture.mutations [WORD OF A TITLE]

A suite that lets one of them pass proves nothing. Status 1 when one was not caught.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.torture.mutations.bugs import BUGS, Bug

REPOSITORY = Path(__file__).resolve().parents[4]
SEED = 7
LONGEST = 480.0
"""Seconds for the short form of one test."""
KEPT = ("src", "tests", "packages", "tools", "pyproject.toml")


def main() -> int:
    """The command line: all bugs, or those whose title holds a word."""
    chosen = [bug for bug in BUGS if all(word in bug.title for word in sys.argv[1:])]
    caught = 0
    for bug in chosen:
        with tempfile.TemporaryDirectory(prefix="seaway-bug-", dir="/var/tmp") as folder:
            why = _caught(bug, Path(folder))
        caught += bool(why)
        word = f"caught by {bug.test}" if why else f"NOT caught by {bug.test}"
        sys.stdout.write(f"{bug.title}: {word}: {why[:150]}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{caught}/{len(chosen)} caught\n")
    return 0 if chosen and caught == len(chosen) else 1


def _caught(bug: Bug, copy: Path) -> str:
    """Why the test fails with the bug; empty when it passes."""
    copy.chmod(0o755)
    for name in KEPT:
        found = REPOSITORY / name
        if found.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "node_modules", ".*")
            shutil.copytree(found, copy / name, ignore=skip)
        else:
            shutil.copy2(found, copy / name)
    (copy / ".venv").symlink_to(REPOSITORY / ".venv")
    _put_in(bug, copy)
    said, complaint = _tortured(bug, copy)
    if not said.strip():
        raise SystemExit(f"{bug.test} said nothing about '{bug.title}':\n{complaint}")
    found = json.loads(said.splitlines()[-1])
    return "" if found["passed"] else "; ".join(found["why"]) or "failed"


def _tortured(bug: Bug, copy: Path) -> tuple[str, str]:
    """What the test says; one that does not end is asked to, so that it ends what it started."""
    words = [bug.test, "--short", "--seed", str(SEED)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.torture", *words], cwd=copy, env=_environment(copy),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        return process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate()
        raise


def _put_in(bug: Bug, copy: Path) -> None:
    file = copy / bug.file
    text = file.read_text(encoding="utf-8")
    if text.count(bug.old) != 1:
        raise SystemExit(f"'{bug.title}' fits {text.count(bug.old)} places of {bug.file}: renew it")
    file.write_text(text.replace(bug.old, bug.new), encoding="utf-8")


def _environment(copy: Path) -> dict[str, str]:
    """That the copy is imported, by the test and by all that it starts."""
    places = (copy / "src", copy / "packages" / "jobs", copy)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}


if __name__ == "__main__":
    sys.exit(main())
