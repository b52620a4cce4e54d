"""One bench for all tests of nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.contract.nodes.bench import Bench, open_bench


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as opened:
        yield opened
