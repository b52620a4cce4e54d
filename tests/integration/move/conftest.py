"""A company whose data folder each test copies."""

from __future__ import annotations

import asyncio
import copy
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.move.company import Passenger, make_taxi, work_for_a_while
from tests.servers.postgres import PostgresServer


@dataclass
class Company:
    """A stopped installation, and an empty database to move it to."""

    project: Path
    data: Path
    waiting: Passenger
    url: str


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Passenger]:
    folder = tmp_path_factory.mktemp("moving")
    project = make_taxi(folder / "taxi")
    return project, folder / "data", asyncio.run(work_for_a_while(project, folder / "data"))


@pytest.fixture
def company(worked: tuple[Path, Path, Passenger], tmp_path: Path, postgres: PostgresServer) -> Company:
    project, data, waiting = worked
    shutil.copytree(data, tmp_path / "data")
    return Company(project, tmp_path / "data", copy.copy(waiting), postgres.new_database())
