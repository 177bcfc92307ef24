"""python -m seaway.ai.rag: answer until told to end."""

# pyright: reportUnknownVariableType=false
# LangSmith leaves type arguments of its own open.

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

from langsmith.run_trees import get_cached_client
from langsmith.utils import tracing_is_enabled

from seaway.ai.rag.answering import Answering
from seaway.ai.rag.app import LARGEST, App
from seaway.ai.rag.conversations import Conversations
from seaway.ai.rag.database import Database
from seaway.ai.rag.documents import Documents
from seaway.ai.rag.flow import Flow, Retriever
from seaway.ai.rag.library import Library
from seaway.ai.rag.model import Model
from seaway.ai.rag.settings import Settings, settings
from seaway.ai.rag.store import Store
from seaway.ai.rag.vectors import Vectors
from seaway.serving.refusal import Refusal
from seaway.serving.service import Service, run

SWEEP = 600.0
"""Seconds between two sweeps of what is left over and of conversations that are over."""


@asynccontextmanager
async def opened(told: Settings, environ: Mapping[str, str]) -> AsyncGenerator[Service]:
    """The service; what it needs is connected to when it is first asked."""
    database = Database(environ[told.database_from], told.name)
    vectors = Vectors(environ[told.search.url_from], environ[told.search.key_from])
    model = Model(environ[told.model.url_from], environ[told.model.key_from], told.route)
    store = Store(environ[told.store_from]) if told.store_from else None
    library = Library(database)
    documents = Documents(library, vectors, told.name)
    conversations = Conversations(database, told.turns, told.remembered)
    retriever = Retriever(library, vectors, told.name)
    answering = Answering(Flow(retriever, model, told.passages), library, conversations, told.name)
    answering.store, answering.kept = store, told.cache
    app = App(documents, library, retriever, answering, conversations)
    app.at_once = told.at_once
    sweeping = asyncio.create_task(_sweep(documents, conversations))
    try:
        yield Service(
            (environ[told.key_from],), app.endpoints, largest=LARGEST, metrics=app.metrics
        )
    finally:
        sweeping.cancel()
        for each in (vectors, model, database, *((store,) if store else ())):
            await each.close()
        if tracing_is_enabled():
            await asyncio.to_thread(get_cached_client().flush)  # what has not been sent yet


async def _sweep(documents: Documents, conversations: Conversations) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        with suppress(Refusal):
            await documents.sweep()
            await conversations.sweep()


def main() -> None:
    """Serve, or say what is wrong with the settings."""
    try:
        told = settings(os.environ)
    except ValueError as error:
        sys.stderr.write(f"rag: {error}\n")
        sys.exit(2)
    if not os.environ.get("LANGCHAIN_API_KEY"):
        os.environ["LANGCHAIN_TRACING_V2"] = "false"  # no key, no traces, and no complaints
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 8000)
    run(opened(told, os.environ), host, port)


if __name__ == "__main__":
    main()
