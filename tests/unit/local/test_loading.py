"""What people wait for loads little: libraries that are slow to load are loaded when needed."""

import subprocess
import sys

import pytest

SLOW = {
    "click", "cronsim", "cryptography", "pydantic", "rich", "tempfile", "tomllib", "yaml",
    "zoneinfo",
}  # fmt: skip


@pytest.mark.parametrize(
    ("modules", "needed"),
    [
        ("seaway.wiring, seaway.engine.supervise, seaway.targets.local.target", set()),
        ("seaway.cli.up", {"click"}),
        ("seaway.targets.local.ahead", set()),
    ],
)
def test_nothing_slow_is_loaded_before_it_is_needed(modules, needed):
    """Each of these costs a supervisor, or a stack that comes up again, 5 to 80 ms."""
    told = "import sys, {}; print(*{{each.partition('.')[0] for each in sys.modules}})"

    done = subprocess.run(
        [sys.executable, "-c", told.format(modules)], capture_output=True, text=True, check=True
    )

    assert SLOW & set(done.stdout.split()) == needed
