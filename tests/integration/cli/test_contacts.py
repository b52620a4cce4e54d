"""`tapbot contacts` without a running server: a person is found, exported and erased."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx2
from tests.chaos.process import TapbotProcess
from tests.chaos.rooms import BOT, make_project
from tests.integration.cli.test_up import tapbot


def words(command: str, contact: str, name: str, *fields: str) -> list[str]:
    given = [part for field in fields for part in ("--field", field)]
    return ["contacts", command, contact, "--name", name, "--tag", "Regular", *given]


def change(contact: str, place: tuple[str, ...], cwd: Path) -> None:
    changed = tapbot(*words("change", contact, "Aigul", "vip=true", "seat=window", "old=007"), *place, cwd=cwd)
    assert changed.returncode == 0, changed.stderr
    known = json.loads(changed.stdout)
    assert (known["name"], known["tags"]) == ("Aigul", ["regular"])
    assert known["fields"] == {"vip": True, "seat": "window", "old": "007"}
    emptied = tapbot("contacts", "change", contact, "--field", "old=", "--no-tags", *place, cwd=cwd)
    assert json.loads(emptied.stdout)["fields"] == {"vip": True, "seat": "window"}
    assert json.loads(emptied.stdout)["tags"] == []
    proven = tapbot("contacts", "phone", contact, "8 701 555 66 77", "--source", "called back", *place, cwd=cwd)
    assert proven.stdout.strip() == "+77015556677 is verified: called back."
    wrong = tapbot("contacts", "change", contact, "--language", "fr", *place, cwd=cwd)
    assert "a language is one of kk, kz, ru, en" in wrong.stderr


def test_a_person_is_listed_changed_exported_and_erased_from_the_command_line(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", [], {"bots/helper.md": BOT})
    server = TapbotProcess(tmp_path / "data", {}, project=str(project))
    place = ("--data", str(tmp_path / "data"))
    try:
        server.start()
        opened = httpx2.post(f"{server.url}/chat/helper/token", json={})
        token = opened.json()["token"]
        said = {"id": "m1", "text": "hello"}
        headers = {"X-Chat-Token": token}
        httpx2.post(f"{server.url}/chat/helper/messages", json=said, headers=headers).raise_for_status()
        [person] = json.loads(tapbot("contacts", "list", "--json", *place, cwd=tmp_path).stdout)
        contact = person["id"]
        noted = tapbot("contacts", "consent", contact, "ads", "--source", "call", *place, cwd=tmp_path)
        assert noted.stdout.strip() == "ads is given."
        change(contact, place, tmp_path)
        packed = tmp_path / "out.zip"
        done = tapbot("contacts", "export", contact, str(packed), *place, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert packed.stat().st_mode & 0o077 == 0
        with zipfile.ZipFile(packed) as files:
            assert "contact.json" in files.namelist()
        again = tapbot("contacts", "export", contact, str(packed), *place, cwd=tmp_path)
        assert "there already" in again.stderr
        looked = tapbot("contacts", "erase", contact, *place, cwd=tmp_path)
        assert "Nothing was changed" in looked.stdout
        gone = tapbot("contacts", "erase", contact, "--confirm", contact, *place, cwd=tmp_path)
        assert "Receipt" in gone.stdout, gone.stderr
        missing = tapbot("contacts", "show", contact, *place, cwd=tmp_path)
        assert "there is no such contact" in missing.stderr
    finally:
        server.kill()
