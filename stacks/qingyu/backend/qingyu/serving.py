"""Runs the back end: refuses bad settings, serves, and stops gracefully."""

import os

from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.server import serve
from seaway_service.setting_types import read

from qingyu.app import create_app
from qingyu.metrics import NAME
from qingyu.parts import made
from qingyu.settings import Settings


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        chosen = read(Settings, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(NAME, chosen)
    return serve(create_app(made(chosen)), chosen)
