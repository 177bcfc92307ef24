"""Loading: every module that a command may load later, loaded now."""

import contextlib
import importlib
import io
import pkgutil
import tempfile
from pathlib import Path

import seaway
from seaway.cli.main import run
from seaway.targets.local.parts import PARTS

SAMPLE = "seaway: 1\nname: sample\nservices:\n  one:\n    run: sleep 3600\n"


def load_everything() -> None:
    """Also what is made at the first call, by making one."""
    for found in pkgutil.walk_packages(seaway.__path__, "seaway."):
        if ".shim" not in found.name and ".ai." not in found.name and "__main__" not in found.name:
            with contextlib.suppress(ImportError):
                importlib.import_module(found.name)
    for each in PARTS.values():
        importlib.import_module(each.partition(":")[0])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "seaway.yaml")
        file.write_text(SAMPLE)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(["check", "-f", str(file)])
            run(["status", "-f", str(file)])
