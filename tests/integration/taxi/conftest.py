"""A company for each test, over a copy of data that was made once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.integration.taxi.company import Company, open_company


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a company that has just begun."""
    folder = tmp_path_factory.mktemp("company") / "data"

    async def found() -> None:
        async with open_company(folder):
            pass

    asyncio.run(found())
    return folder


@pytest.fixture
async def company(founded: Path, tmp_path: Path) -> AsyncIterator[Company]:
    data = tmp_path / "data"
    shutil.copytree(founded, data)
    async with open_company(data) as opened:
        yield opened
