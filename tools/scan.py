"""Asks hadolint, checkov and trivy what they find in what Seaway builds and renders.

    python -m tools.scan

That is two stacks, rendered for Compose, and a Dockerfile of each kind. A finding fails, and so
does a file that a scanner passed over, or was told to.

checkov and trivy are in an environment of their own, `.venv/scanners`: they want older packages.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from seaway.targets.docker.images.recipe import Recipe, dockerfile

ROOT = Path(__file__).resolve().parent.parent
STACKS = ("heartalk", "nutrition")
"""These have all kinds of images that Seaway builds for Compose."""
PROGRAMS = Path(sys.executable).parent
SCANNERS = ROOT / ".venv" / "scanners"
LOCK = ROOT / "requirements" / "scanners.txt"
IMAGES = "images"
"""The folder of a rendered project in which what its images hold is, too: that is not scanned."""
LONGEST = 300
"""Seconds that one of them may take."""
Json = dict[str, Any]


def main() -> int:
    """Status 1 for a finding."""
    with tempfile.TemporaryDirectory(prefix="seaway-scan.") as name:
        there = Path(name)
        with ThreadPoolExecutor() as pool:
            ready = pool.submit(_install)
            list(pool.map(_render, STACKS, [there] * len(STACKS)))
            ready.result()
        _write_recipes(there / "recipes")
        count = len(list(there.rglob("Dockerfile")))
        wrong = [*_hadolint(there), *_checkov(there, count), *_trivy(there, count)]
    for each in wrong:
        sys.stdout.write(f"{each}\n")
    sys.stdout.write(f"scanned {count} images of {', '.join(STACKS)}: {len(wrong)} findings\n")
    return 1 if wrong else 0


def _install() -> None:
    """Both scanners, as they are locked; nothing when they are there."""
    done = SCANNERS / "installed"
    if done.exists() and done.read_text() == LOCK.read_text():
        return
    env = dict(os.environ)
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(env):  # as in bin/setup: pip may know more
        asked = (sys.executable, "-m", "pip", "config", "get", "global.index-url")
        mirror = env.get("PIP_INDEX_URL") or _run(*asked, good=(0, 1)).strip()
        env |= {"UV_DEFAULT_INDEX": mirror} if mirror else {}
    uv = str(PROGRAMS / "uv")
    _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(SCANNERS))
    _run(uv, "--quiet", "--system-certs", "pip", "install", "--require-hashes", "--python",
         str(SCANNERS), "--requirement", str(LOCK), env=env)  # fmt: skip
    shutil.copy(LOCK, done)


def _render(stack: str, there: Path) -> None:
    """What is of Seaway in a rendered project: all but the sources that its images hold."""
    whole = there / f"{stack}.whole"
    _run(
        sys.executable, "-m", "seaway", "-f", str(ROOT / "stacks" / stack / "seaway.yaml"),
        "render", "-t", "compose", "-e", "docker", "-o", str(whole),
        env={**os.environ, "SEAWAY_STATE": str(there / "state" / stack)},
    )  # fmt: skip
    for file in (each for each in whole.rglob("*") if each.is_file()):
        name = file.relative_to(whole)
        if name.parts[0] == "files" or (name.parts[0] == IMAGES and name.name != "Dockerfile"):
            continue
        copy = there / stack / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    shutil.rmtree(whole)


def _write_recipes(there: Path) -> None:
    """A Dockerfile of each kind."""
    for packages, folders in product((True, False), ((), ("/data/a", "/data/b"))):
        folder = there / f"packages-{packages}-folders-{len(folders)}"
        folder.mkdir(parents=True)
        recipe = Recipe(
            base="python:3.11-slim", title='a "shop"', packages=packages, folders=folders
        )
        (folder / "Dockerfile").write_text(dockerfile(recipe))


def _hadolint(there: Path) -> Iterator[str]:
    files = [str(each) for each in there.rglob("Dockerfile")]
    told = _run(str(PROGRAMS / "hadolint"), "--disable-ignore-pragma", *files, good=(0, 1))
    yield from (f"hadolint: {line}" for line in told.splitlines())


def _checkov(there: Path, count: int) -> Iterator[str]:
    words = ("--skip-download", "--directory", str(there), "--output", "json")
    told: Json | list[Json] = json.loads(
        _run(str(SCANNERS / "bin" / "checkov"), *words, good=(0, 1))
    )
    seen = set[str]()
    for each in told if isinstance(told, list) else [told]:
        results: dict[str, list[Json]] = each.get("results", {})
        for one in (*results["failed_checks"], *results["skipped_checks"]):
            yield f"checkov: {one['file_path']}: {one['check_id']} {one['check_name']}"
        yield from (f"checkov: cannot read {one}" for one in results["parsing_errors"])
        if each["check_type"] == "dockerfile":
            seen.update(str(one["file_path"]) for one in results["passed_checks"])
    if len(seen) != count:
        yield f"checkov: looked at {len(seen)} of {count} Dockerfiles"


def _trivy(there: Path, count: int) -> Iterator[str]:
    told: Json = json.loads(_run(
        str(SCANNERS / "bin" / "trivy"), "config", "--skip-check-update", "--skip-version-check",
        "--disable-telemetry", "--quiet", "--format", "json", str(there),
    ))  # fmt: skip
    found: list[Json] = told.get("Results", [])
    seen = sum(each["Type"] == "dockerfile" for each in found)
    for each in found:
        wrong: list[Json] = each.get("Misconfigurations", [])
        for one in wrong:
            yield f"trivy: {each['Target']}: {one['ID']} {one['Title']}"
    if seen != count:
        yield f"trivy: looked at {seen} of {count} Dockerfiles"


def _run(*argv: str, good: tuple[int, ...] = (0,), env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        argv, env=env, capture_output=True, text=True, timeout=LONGEST, check=False
    )  # fmt: skip
    if done.returncode not in good:
        raise SystemExit(f"{' '.join(argv)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
