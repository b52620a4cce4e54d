"""The commands over PostgreSQL: migrate, doctor, runs and users; and a server that logged in as anybody is safe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.servers.postgres import PostgresServer

from tapbot.cli.main import run
from tapbot.storage.postgres import PostgresDatabase
from tapbot.storage.types import Scope

TAPBOT = Path(__file__).parents[3] / ".venv/bin/tapbot"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Name a database to the commands."""

    def use(url: str, owner: str | None = None) -> list[str]:
        monkeypatch.setenv("TAPBOT_STORAGE__URL", url)
        if owner:
            monkeypatch.setenv("TAPBOT_STORAGE__OWNER_URL", owner)
        monkeypatch.chdir(tmp_path)
        return ["--data", str(tmp_path / "data")]

    return use


def test_migrate_says_what_it_did_and_does_it_once(
    postgres: PostgresServer, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    options = at(postgres.new_database(migrated=False))
    assert run(["migrate", "--json", *options]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["before"] is None
    assert first["steps"][0] == "0001_the_first_tables"
    assert run(["migrate", *options]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_two_who_migrate_at_once_take_turns(postgres: PostgresServer, at: Any) -> None:
    options = at(postgres.new_database(migrated=False))
    command = [str(TAPBOT), "migrate", "--json", *options]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    befores = [json.loads(out)["before"] for out, _ in said]
    assert befores.count(None) == 1


def test_migrate_by_an_owner_who_is_no_superuser_and_a_login_of_its_own(
    postgres: PostgresServer, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """As docs/infrastructure says."""
    name = postgres.new_database(migrated=False).rpartition("/")[2]
    postgres.sql("DROP ROLE IF EXISTS own_owner")
    postgres.sql("CREATE ROLE own_owner LOGIN CREATEROLE")
    postgres.sql(f"ALTER DATABASE {name} OWNER TO own_owner")
    postgres.sql("DROP ROLE IF EXISTS own_login")
    postgres.sql("CREATE ROLE own_login LOGIN NOINHERIT")
    options = at(postgres.url(name, user="own_login"), postgres.url(name, user="own_owner"))
    assert run(["migrate", *options]) == 0
    capsys.readouterr()
    assert hints(options, capsys) == ["As the owner: GRANT tapbot_engine, tapbot_request TO that login."]
    postgres.sql("GRANT tapbot_engine, tapbot_request TO own_login")
    assert hints(options, capsys) == []


def hints(options: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the doctor advises about the database, besides that the tests' server is hasty."""
    run(["doctor", "--json", *options])
    found = [one for one in json.loads(capsys.readouterr().out) if one["check"] == "database"]
    return [one["hint"] for one in found if one["verdict"] != "ok" and not one["hint"].startswith("ALTER SYSTEM")]


def test_the_doctor_says_what_is_wrong(postgres: PostgresServer, at: Any, capsys: pytest.CaptureFixture[str]) -> None:
    url = postgres.new_database()
    name = url.rpartition("/")[2]

    def found(options: list[str]) -> dict[str, str]:
        run(["doctor", "--json", *options])
        return {
            one["message"]: one["verdict"] for one in json.loads(capsys.readouterr().out) if one["check"] == "database"
        }

    first = found(at(url))
    assert first["this login passes row-level security. tapbot acts as its own roles all the same, so it is safe."]
    assert "synchronous_commit is off: what was acknowledged may be lost." in first, "the test server is hasty"
    postgres.sql("ALTER TABLE runs NO FORCE ROW LEVEL SECURITY", database=name)
    assert found(at(url))["row-level security is not forced on runs."] == "wrong"
    assert run(["migrate", *at(url)]) == 0
    capsys.readouterr()
    assert not any("not forced" in message for message in found(at(url)))
    gone = found(at("postgresql://postgres@127.0.0.1:1/none"))
    assert list(gone.values()) == ["wrong"]


@pytest.mark.parametrize("scope", [None, Scope("taxi", "prod")])
async def test_whoever_logged_in_each_transaction_acts_as_a_role_without_power(
    postgres: PostgresServer, scope: Scope | None
) -> None:
    database = PostgresDatabase(postgres.new_database())

    def whoami(db: Connection) -> tuple[str, bool]:
        row = db.execute(text("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")).one()
        return row[0], row[1]

    one = database if scope is None else database.scoped(scope)
    expected = ("tapbot_request" if scope else "tapbot_engine", False)
    assert await one.read(whoami) == expected
    assert await one.write("test", whoami) == expected
    await database.close()
