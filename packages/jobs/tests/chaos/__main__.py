"""Workers killed and paused, brokers killed, and in the end every effect happened once.

    python -m tests.chaos --jobs 20000 --kills 500 --stops 100 --brokers 20 --seed 1

Prints one object of JSON; status 1 means that it does not hold.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.storm import Plan, storm


def main() -> int:
    """Run it in a folder of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    usual = Plan()
    for name in ("jobs", "kills", "stops", "brokers", "workers", "concurrency", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seaway-jobs-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o777)
        found = asyncio.run(storm(Plan(**vars(asked)), Path(folder)))
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
