"""Starts the back end: `python -m qingyu`."""

import gc
import sys

# nothing becomes garbage while modules load; looking for it costs a tenth of the start
gc.disable()

from qingyu.serving import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
