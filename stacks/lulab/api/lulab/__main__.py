"""Starts the API: `python -m lulab`."""

import gc
import sys

# nothing becomes garbage while modules load; looking for it costs a tenth of the start
gc.disable()

from lulab.server import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
