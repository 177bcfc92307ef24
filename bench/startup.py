"""How long `seaway --help` and `seaway status` take before they say anything, beside Python alone.

    python bench/startup.py [RUNS]

Prints milliseconds of processor time, the least of all runs; ends with 1 above the limit.
"""

import os
import subprocess
import sys

LIMIT = 200.0
"""Milliseconds for `seaway --help`: what people still take for at once."""
RUNS = 10
CALLS = {
    "python": ["-c", "pass"],
    "click alone": ["-c", "import click"],
    "seaway --help": ["-m", "seaway", "--help"],
    "seaway check --help": ["-m", "seaway", "check", "--help"],
    "seaway status --help": ["-m", "seaway", "status", "--help"],
}


def user_milliseconds(arguments: list[str]) -> float:
    """Processor time of one run, in user mode."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime * 1000


def main() -> int:
    """Measure all calls in turn, so that a busy moment hits each of them."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    least = dict.fromkeys(CALLS, float("inf"))
    for _ in range(runs):
        for name, arguments in CALLS.items():
            least[name] = min(least[name], user_milliseconds(arguments))
    for name, value in least.items():
        print(f"{name:22} {value:6.0f} ms")
    return int(least["seaway --help"] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
