"""What keeps a server from starting is said with its place, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.chaos.process import TAPBOT, TapbotProcess, free_port
from tests.chaos.rooms import BOT, make_project

SMALL_TOML = '[project]\nname = "small"\n'


def start(project: Path, data: Path, *options: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    command = [TAPBOT, "up", project, "--port", str(free_port() if port is None else port), "--data", data, *options]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"it did not end: {error.stdout!r} {error.stderr!r}") from error


def check_refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """It ended with a short message, not with a traceback."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "inside tapbot" not in done.stderr
    assert len(done.stderr.splitlines()) <= 6, done.stderr
    for words in said:
        assert words in done.stderr, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project", [], {"bots/helper.md": BOT})


@contextmanager
def serving(project: Path, data: Path) -> Iterator[TapbotProcess]:
    """A server that runs."""
    server = TapbotProcess(data, project=str(project))
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        ("[server]\nprot = 8080\n", 4, "there is no setting 'server.prot'"),
        ("[sever]\nport = 8080\n", 3, "there is no setting 'sever'"),
        ('[server]\nport = "many"\n', 4, "server.port: "),
        ("[server]\nport = 70000\n", 4, "server.port: "),
        ('[channels.telegram.helper]\ntokn = "x"\n', 4, "there is no setting"),
        ("[server\n", 3, "not valid TOML"),
        ("[server]\nport = \n", 4, "not valid TOML"),
    ],
)
def test_a_typo_in_the_settings_is_named_with_file_and_line(
    project: Path, tmp_path: Path, written: str, line: int, said: str
) -> None:
    (project / "tapbot.toml").write_text(SMALL_TOML + written)
    done = start(project, tmp_path / "data")
    check_refused(done, "tapbot.toml", said)
    assert f"tapbot.toml:{line}" in done.stderr or f"line {line}" in done.stderr, done.stderr
    assert not (tmp_path / "data").exists()


def test_settings_that_are_not_utf_8_are_named(project: Path, tmp_path: Path) -> None:
    (project / "tapbot.toml").write_bytes(SMALL_TOML.encode() + 'title = "Ключ"\n'.encode("cp1251"))
    check_refused(start(project, tmp_path / "data"), "tapbot.toml", "UTF-8")


def test_settings_that_cannot_be_read_are_named(project: Path, tmp_path: Path) -> None:
    (project / "tapbot.toml").unlink()
    (project / "tapbot.toml").mkdir()
    check_refused(start(project, tmp_path / "data"), "tapbot.toml", "cannot be read")


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "/etc/localtime"])
def test_a_time_zone_that_is_none_is_named(project: Path, tmp_path: Path, zone: str) -> None:
    (project / "tapbot.toml").write_text(SMALL_TOML + f'time_zone = "{zone}"\n')
    check_refused(start(project, tmp_path / "data"), zone, "tapbot.toml:")


@pytest.mark.parametrize("value", ["many", "-1", "1.5"])
def test_a_wrong_value_in_the_environment_is_named(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TAPBOT_SERVER__BODY_LIMIT_BYTES", value)
    check_refused(start(project, tmp_path / "data"), "server.body_limit_bytes")


def test_a_folder_that_is_no_project_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_refused(start(tmp_path / "empty", tmp_path / "data"), str(tmp_path / "empty"))
    check_refused(start(tmp_path / "nowhere", tmp_path / "data"), str(tmp_path / "nowhere"))


def test_a_port_that_is_taken_is_named(project: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        check_refused(start(project, tmp_path / "data", port=port), f"127.0.0.1:{port}", "--port")


def test_a_host_that_is_not_this_machines_is_named(project: Path, tmp_path: Path) -> None:
    check_refused(start(project, tmp_path / "data", "--host", "192.0.2.1"), "192.0.2.1")
    check_refused(start(project, tmp_path / "data", "--host", "no.such.host.invalid"), "no.such.host.invalid")


def test_a_data_folder_inside_the_project_is_refused(project: Path) -> None:
    check_refused(start(project, project / "data"), "inside the project", str(project / "data"))
    assert not (project / "data").exists()


def test_a_link_into_the_project_is_seen_through(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    check_refused(start(project, tmp_path / "link" / "data"), "inside the project")


def test_a_data_folder_that_another_process_has_is_named_with_its_holder(project: Path, tmp_path: Path) -> None:
    with serving(project, tmp_path / "data") as first:
        done = start(project, tmp_path / "data")
        assert first._process is not None
        check_refused(done, str(tmp_path / "data"), f"in use by process {first._process.pid}", "--data")
        assert httpx2.get(f"{first.url}/health", timeout=30).status_code == 200
    with serving(project, tmp_path / "data") as second:
        assert httpx2.get(f"{second.url}/health", timeout=30).status_code == 200, "a killed holder leaves no lock"


def test_a_data_folder_that_is_a_file_is_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    check_refused(start(project, tmp_path / "data"), str(tmp_path / "data"), "--data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_may_not_be_written_is_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    check_refused(start(project, tmp_path / "data"), str(tmp_path / "data"), "--data")


def test_a_read_only_place_for_data_is_named(project: Path) -> None:
    check_refused(start(project, Path("/proc/tapbot-data")), "/proc/tapbot-data", "--data")


def test_a_database_file_that_is_none_is_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tapbot.db").write_bytes(b"this is no database" * 1000)
    check_refused(start(project, tmp_path / "data"), "tapbot.db")
    assert (tmp_path / "data" / "tapbot.db").read_bytes().startswith(b"this is no database")


def test_a_telegram_bot_without_a_token_is_named(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPBOT_CHANNELS__TELEGRAM__HELPER__MODE", "polling")
    check_refused(start(project, tmp_path / "data"), "channels.telegram.helper", "TOKEN")


def test_a_webhook_without_a_secret_or_an_address_is_named(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = "TAPBOT_CHANNELS__TELEGRAM__HELPER__"
    monkeypatch.setenv(f"{section}MODE", "webhook")
    monkeypatch.setenv(f"{section}TOKEN", "123456:" + "e" * 35)
    check_refused(start(project, tmp_path / "data"), "channels.telegram.helper", "secret")
    monkeypatch.setenv(f"{section}SECRET", "a-secret-of-some-length")
    check_refused(start(project, tmp_path / "data"), "channels.telegram.helper", "server.public_url")
