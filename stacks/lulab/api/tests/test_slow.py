"""What is slow in the database is found by the request that it was for."""

import asyncio
import json
import logging

import pytest
from conftest import Stores
from seaway_service.database import Database
from seaway_service.logs import JsonLines, RequestContext, request_context
from seaway_service.setting_types import AppEnv
from sqlalchemy import text


class Told:
    """A process."""

    APP_ENV = AppEnv.TEST
    RELEASE_VERSION = "1"
    INSTANCE = "api-1"
    LOG_LEVEL = "warn"
    hidden = ()


def test_a_slow_statement_is_logged_with_its_request_and_without_its_values(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines("api", Told()))

    async def asked() -> None:
        request_context.set(RequestContext(id="request-7"))
        database = Database(stores.settings["DATABASE_URL"], connections=1, client="test")
        async with database.transaction() as session:
            await session.execute(text("SELECT :name").bindparams(name="quick"))
            await session.execute(text("SELECT pg_sleep(0.6), :name").bindparams(name="secret"))
        await database.close()

    with caplog.at_level(logging.WARNING, "seaway_service.database"):
        asyncio.run(asked())

    [line] = map(json.loads, caplog.text.splitlines())
    assert line["message"] == "slow statement"
    assert line["context"] == {"requestId": "request-7"}
    assert line["ms"] >= 600
    assert "pg_sleep" in line["statement"]
    assert "secret" not in str(line)
