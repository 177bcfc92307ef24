"""Runs the API: refuses bad settings, serves, and stops gracefully."""

import os

from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.server import serve

from aixsss.main import create_app
from aixsss.names import API, NAME
from aixsss.parts import made
from aixsss.settings import settings


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        chosen = settings(os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(API, chosen)
    parts = made(chosen)
    return serve(create_app(parts), chosen, parts.events.end)
