"""Runs migrations, one job at a time, against the database that the settings name."""

import os
import sys

import seaway_jobs
import sqlalchemy
from alembic import context
from seaway_service.environment import UnusableEnvironmentError, values

from lulab.stores.models import Base

# any number will do, as long as nothing else in this database locks it
LOCK = 4_120_774


def database_url() -> sqlalchemy.URL:
    """Return the address from the environment, for the driver that is used here."""
    name = frozenset({"DATABASE_URL"})
    try:
        url = sqlalchemy.make_url(values(name, name, os.environ)["DATABASE_URL"])
    except UnusableEnvironmentError as error:
        sys.exit(f"lulab: cannot migrate: {error}")
    except (KeyError, sqlalchemy.exc.ArgumentError):
        sys.exit("lulab: cannot migrate: DATABASE_URL: is not set, or is not an address")
    return url.set(drivername="postgresql+psycopg")


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether the models speak of it; the tables of the queue have their own versions."""
    return kind != "table" or name is None or not seaway_jobs.is_own_table(name)


def migrate() -> None:
    """Bring the schema up to date in one transaction: all of it, or nothing."""
    engine = sqlalchemy.create_engine(
        database_url(),
        poolclass=sqlalchemy.NullPool,
        connect_args={"connect_timeout": 10, "application_name": "lulab migrations"},
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
