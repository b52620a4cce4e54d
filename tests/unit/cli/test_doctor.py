"""The doctor finds what is wrong, and its support file gives nothing away."""

from __future__ import annotations

import io
import json
import socket
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tapbot.cli.diagnosis import (
    check_clock,
    check_data_folder,
    check_names,
    check_sqlite,
    check_time_zone,
    compare_packages,
    examine,
)
from tapbot.cli.finding import Patient
from tapbot.cli.main import run
from tapbot.cli.port_check import check_port
from tapbot.settings import ProjectSection, Settings

NOW = datetime(2099, 1, 1, tzinfo=UTC)
SECRET = "Pl4nted-S3cret-Value"


def patient(data: Path, **sections: object) -> Patient:
    return Patient(Settings.model_validate(sections), data, NOW)


async def test_every_check_gives_a_finding_and_what_is_wrong_says_what_to_do(tmp_path: Path) -> None:
    found = await examine(patient(tmp_path))
    assert len(found) >= 11
    assert len({finding.check for finding in found}) == len(found)
    assert all(finding.hint for finding in found if finding.verdict == "wrong")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finding = check_port(patient(tmp_path, server={"port": port}))
    assert finding.verdict == "wrong"
    assert str(port) in finding.message


def test_rights_of_the_data_folder_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    assert check_data_folder(patient(tmp_path / "data")).verdict == "warning"
    (tmp_path / "data").chmod(0o700)
    assert check_data_folder(patient(tmp_path / "data")).verdict == "ok"


def test_an_unknown_time_zone_and_a_clock_in_the_past_are_wrong(tmp_path: Path) -> None:
    without_zones = Settings().model_copy(update={"project": ProjectSection.model_construct(time_zone="Asia/Nowhere")})
    assert check_time_zone(Patient(without_zones, tmp_path, datetime.now(UTC))).verdict == "wrong"
    assert check_time_zone(patient(tmp_path)).verdict == "ok"
    assert check_clock(Patient(Settings(), tmp_path, datetime(1970, 1, 1, tzinfo=UTC))).verdict == "wrong"
    assert check_sqlite(patient(tmp_path)).verdict == "ok"


async def test_a_host_that_cannot_be_found_is_named(tmp_path: Path) -> None:
    models = {"main": {"base_url": "https://nowhere.invalid/v1", "model": "m"}}
    finding = await check_names(patient(tmp_path, models=models))
    assert finding.verdict == "wrong"
    assert "nowhere.invalid" in finding.message


def test_packages_are_compared_with_the_lock() -> None:
    lock = "a==1.0 \\\n    --hash=sha256:00\nb==2 ; sys_platform == 'darwin' \\\nc==3 ; sys_platform == 'linux' \\\n"
    there = {"a": "1.1"}
    assert compare_packages(lock, there.get) == ["a is 1.1, the lock says 1.0", "c is missing"]


def test_a_package_for_an_older_python_is_not_missed() -> None:
    lock = (
        "a==1 ; python_full_version < '3.11' and (sys_platform == 'linux') \\\nb==1 ; python_full_version < '99' \\\n"
    )
    assert compare_packages(lock, {}.get) == ["b is missing"]


def test_the_support_file_holds_no_text_that_anybody_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = plant(tmp_path)
    for name in ("TAPBOT_ADMIN__PASSWORD", "TAPBOT_MODELS__MAIN__API_KEY", "SOME_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    bundle = tmp_path / "support.zip"
    run(["doctor", str(project), "--data", str(tmp_path / "data"), "--bundle", str(bundle)])
    capsys.readouterr()
    everything = io.BytesIO()
    with zipfile.ZipFile(bundle) as opened:
        for name in opened.namelist():
            everything.write(name.encode() + opened.read(name))
        settings = json.loads(opened.read("settings.json"))
    assert SECRET.encode() not in everything.getvalue()
    assert b"alice" not in everything.getvalue()
    assert b"hidden.example.com" not in everything.getvalue()
    assert settings["log"]["level"] == "info"


def plant(folder: Path) -> Path:
    """A project and a data folder that hold a secret wherever one could be."""
    project = folder / "shop"
    (project / "workflows").mkdir(parents=True)
    (project / "tapbot.toml").write_text(
        f"""
        [project]
        title = "{SECRET}"
        [server]
        public_url = "https://alice:{SECRET}@hidden.example.com/"
        [channels.telegram.alice]
        token = "123456:{SECRET}{SECRET}"
        [models.main]
        base_url = "https://alice:{SECRET}@hidden.example.com/v1"
        model = "{SECRET}"
        [upstream]
        allow_hosts = ["hidden.example.com"]
        """
    )
    node = {"name": SECRET, "type": "n8n-nodes-base.noOp", "parameters": {"token": SECRET}}
    (project / "workflows/a.json").write_text(json.dumps({"name": SECRET, "nodes": [node], "connections": {}}))
    (project / f"workflows/{SECRET}.json").write_text(SECRET)
    (folder / "data").mkdir(mode=0o700)
    with sqlite3.connect(folder / "data/tapbot.db") as db:
        db.execute(f'CREATE TABLE "c$shop$dev${SECRET}" (phone TEXT)')
        db.execute(f'INSERT INTO "c$shop$dev${SECRET}" VALUES (?)', [SECRET])  # noqa: S608  # our own text
        db.execute("CREATE TABLE messages (text TEXT)")
        db.execute("INSERT INTO messages VALUES (?)", [SECRET])
    db.close()
    return project
