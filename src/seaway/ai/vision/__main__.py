"""python -m seaway.ai.vision: take pictures until told to end."""

import os

from seaway.ai.vision.app import opened
from seaway.ai.vision.settings import settings
from seaway.serving.service import run

if __name__ == "__main__":
    told = settings(os.environ)
    run(opened(told), told.host, told.port)
