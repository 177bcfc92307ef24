"""Runs migrations, one job at a time, against the database that the settings name."""

import os
import sys
from collections.abc import MutableMapping
from typing import Any

import seaway_jobs
import sqlalchemy
from alembic import context
from seaway_service.environment import UnusableEnvironmentError
from seaway_service.setting_types import read

from nutrition.shared_settings import Shared
from nutrition.stores.models import Base

# any number will do, as long as nothing else in this database locks it
LOCK = 4_120_772
OTHERS = ("vector_", "rag_")
EMBEDDED = ("dishes", "user_preferences")


def database_url() -> sqlalchemy.URL:
    """Return the address from the environment, for the driver the API uses."""
    try:
        chosen = read(Shared, os.environ)
    except UnusableEnvironmentError as error:
        sys.exit(f"nutrition: cannot migrate: {error}")
    return sqlalchemy.make_url(chosen.database_url).set(drivername="postgresql+psycopg")


def ours(name: str | None, kind: str, parents: MutableMapping[Any, str | None]) -> bool:
    """Tell whether the models speak of it.

    Not of the tables of the queue and of the vector service, which have versions of their own, nor
    of the columns of vectors, which only statements touch.
    """
    if kind == "table" and name is not None:
        return not (seaway_jobs.is_own_table(name) or name.startswith(OTHERS))
    return not ((name or "").endswith("_embedding") and parents.get("table_name") in EMBEDDED)


def migrate() -> None:
    """Bring the schema up to date in one transaction: all of it, or nothing."""
    engine = sqlalchemy.create_engine(
        database_url(),
        poolclass=sqlalchemy.NullPool,
        connect_args={"connect_timeout": 10, "application_name": "nutrition migrations"},
    )
    with engine.begin() as connection:
        # two jobs at once: the second waits here, then finds nothing left to do
        connection.execute(sqlalchemy.text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        # a change of a table must not queue behind a long query and hold everybody up
        connection.execute(sqlalchemy.text("SET LOCAL lock_timeout = '5s'"))
        # `alembic check` compares the database with the models: types and defaults too
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_server_default=True,
            include_name=ours,
        )
        context.run_migrations()


migrate()
