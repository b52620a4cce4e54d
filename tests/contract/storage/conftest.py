"""Plain tests of the schema run over PostgreSQL where its driver can work."""

import pytest
from tests.servers.plain_connection import run_in_greenlet


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """See `run_in_greenlet`."""
    plain = item.path.name == "test_schema.py" and "[postgres" in item.name
    return run_in_greenlet(item, nextitem) if plain else None
