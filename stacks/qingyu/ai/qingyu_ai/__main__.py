"""Starts the service: `python -m qingyu_ai`."""

import gc
import sys

# nothing becomes garbage while modules load; looking for it costs a tenth of the start
gc.disable()

from qingyu_ai.serving import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
