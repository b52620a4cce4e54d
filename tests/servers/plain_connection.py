"""Plain tests of store functions over PostgreSQL, whose driver knows only coroutines.

SQLAlchemy lets plain code wait for it inside a greenlet, so the whole test, with its fixtures, runs in one.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.runner import runtestprotocol
from sqlalchemy import Connection
from sqlalchemy.util.concurrency import greenlet_spawn

from tapbot.storage.postgres_session import postgres_engine
from tapbot.storage.roles import ENGINE_ROLE


@contextmanager
def engine_connection(url: str) -> Iterator[Connection]:
    """A connection inside a transaction of the engine's role that is never committed."""
    with owner_connection(url) as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {ENGINE_ROLE}")
        yield connection


@contextmanager
def owner_connection(url: str) -> Iterator[Connection]:
    """A connection inside a transaction of whoever logged in that is never committed."""
    engine = postgres_engine(url).sync_engine
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        yield connection
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a plain test over PostgreSQL in a greenlet, from its own fixtures to their end.

    Those that it shares with others may need a loop of their own to end, and none can run inside another.
    """
    plain = isinstance(item, pytest.Function) and not inspect.iscoroutinefunction(item.obj)
    if not plain or "db" not in item.fixturenames or "[postgres" not in item.name:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    asyncio.run(greenlet_spawn(runtestprotocol, item, nextitem=item.parent))
    item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
