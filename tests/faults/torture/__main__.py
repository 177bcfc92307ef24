"""Starts the runner."""

import sys

from tests.faults.torture.runner import main

if __name__ == "__main__":
    sys.exit(main())
