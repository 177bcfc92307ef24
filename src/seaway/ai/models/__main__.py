"""python -m seaway.ai.models: answer until told to end."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read once, when the libraries are loaded
    from seaway.ai.models.app import opened
    from seaway.ai.models.settings import settings
    from seaway.serving.service import run

    try:
        told = settings(os.environ)
        run(opened(told), told.host, told.port)
    except ValueError as error:
        sys.stderr.write(f"models: {error}\n")
        sys.exit(2)
