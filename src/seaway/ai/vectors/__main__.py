"""python -m seaway.ai.vectors: answer until told to end."""

import os
import sys

from seaway.ai.vectors.opening import opened
from seaway.ai.vectors.schema import Unfit
from seaway.ai.vectors.settings import settings
from seaway.serving.service import run

if __name__ == "__main__":
    try:
        told = settings(os.environ)
    except ValueError as error:
        sys.stderr.write(f"vectors: {error}\n")
        sys.exit(2)
    try:
        run(opened(told), told.host, told.port)
    except* Unfit as errors:
        sys.stderr.writelines(f"vectors: {each}\n" for each in errors.exceptions)
        sys.exit(3)
