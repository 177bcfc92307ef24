"""Runs the service: refuses bad settings, serves, and stops gracefully."""

import os
from datetime import UTC, datetime, timedelta

from qingyu_contract.database import connected
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.server import serve
from seaway_service.setting_types import read

from qingyu_ai.app import Parts, Stopping, create_app
from qingyu_ai.flow import Choice, Flow
from qingyu_ai.library import Library
from qingyu_ai.model import Model
from qingyu_ai.settings import Settings
from qingyu_ai.talks import Talks
from qingyu_ai.vectors import Vectors
from qingyu_ai.writing import Writing


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        chosen = read(Settings, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start("qingyu-ai", error)
    write_json("qingyu-ai", chosen)
    server = Stopping()
    return serve(create_app(made(chosen), server), chosen, server.stop)


def made(chosen: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    client = connected(chosen.MONGODB_URI, chosen.INSTANCE)
    database = client.get_default_database()
    patience, silence = (
        timedelta(seconds=each) for each in (chosen.SEARCH_SECONDS, chosen.MODEL_SECONDS)
    )
    vectors = Vectors(chosen.SEARCH_URL, chosen.SEARCH_KEY, patience)
    model = Model(chosen.OPENAI_BASE_URL, chosen.OPENAI_API_KEY, silence)
    choice = Choice(ask=chosen.ASK_MODEL, draft=chosen.DRAFT_MODEL, passages=chosen.PASSAGES)
    flow = Flow(Library(client, database), vectors, model, choice)
    writing = Writing(flow, Talks(database), chosen.INSTANCE, chosen.HEARTBEAT_SECONDS)
    return Parts(
        settings=chosen, started_at=datetime.now(UTC), client=client, database=database,
        vectors=vectors, model=model, writing=writing,
    )  # fmt: skip
