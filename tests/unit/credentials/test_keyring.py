"""Keys: what is sealed opens in its own place alone, and rotation loses nothing."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from tapbot.credentials.keyring import KEY_FILE, Keyring, open_keyring
from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.types import Scope

HOME = Scope("shop", "dev")
FIELDS = {"user": "aya", "password": "құпия"}


def test_what_is_sealed_opens_again() -> None:
    keyring = Keyring([bytes(32)])
    sealed, key_id = keyring.seal(HOME, "1", "smtp", FIELDS)
    assert "құпия" not in sealed
    assert keyring.open(HOME, "1", "smtp", sealed, key_id) == FIELDS
    assert keyring.seal(HOME, "1", "smtp", FIELDS)[0] != sealed, "each sealing has a nonce of its own"


@pytest.mark.parametrize(
    ("scope", "credential_id", "kind"),
    [
        (Scope("other", "dev"), "1", "smtp"),
        (Scope("shop", "prod"), "1", "smtp"),
        (HOME, "2", "smtp"),
        (HOME, "1", "imap"),
    ],
)
def test_a_row_that_was_moved_does_not_open(scope: Scope, credential_id: str, kind: str) -> None:
    keyring = Keyring([bytes(32)])
    sealed, key_id = keyring.seal(HOME, "1", "smtp", FIELDS)
    with pytest.raises(Conflict, match="changed or moved"):
        keyring.open(scope, credential_id, kind, sealed, key_id)


@pytest.mark.parametrize("place", [0, 15, -1])
def test_a_changed_byte_does_not_open(place: int) -> None:
    keyring = Keyring([bytes(32)])
    sealed, key_id = keyring.seal(HOME, "1", "smtp", FIELDS)
    raw = bytearray(base64.b64decode(sealed))
    raw[place] ^= 1
    with pytest.raises(Conflict, match="changed or moved"):
        keyring.open(HOME, "1", "smtp", base64.b64encode(raw).decode(), key_id)


def test_the_key_file_is_its_owners_alone_and_is_read_again(tmp_path: Path) -> None:
    made = open_keyring(tmp_path, None, [])
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    sealed, key_id = made.seal(HOME, "1", "smtp", FIELDS)
    assert open_keyring(tmp_path, None, []).open(HOME, "1", "smtp", sealed, key_id) == FIELDS


def test_an_old_key_opens_until_it_is_forgotten(tmp_path: Path) -> None:
    keyring = open_keyring(tmp_path, None, [])
    sealed, key_id = keyring.seal(HOME, "1", "smtp", FIELDS)
    keyring.add_key()
    assert keyring.newest != key_id
    again = open_keyring(tmp_path, None, [])
    assert again.newest == keyring.newest
    assert again.open(HOME, "1", "smtp", sealed, key_id) == FIELDS
    keyring.forget_old_keys()
    for one in (keyring, open_keyring(tmp_path, None, [])):
        with pytest.raises(Conflict, match="which is not here"):
            one.open(HOME, "1", "smtp", sealed, key_id)


def test_keys_of_the_settings_are_not_changed_here() -> None:
    key = base64.b64encode(bytes(32)).decode()
    keyring = open_keyring(None, key, [base64.b64encode(bytes([1]) * 32).decode()])
    with pytest.raises(Conflict, match="in the settings"):
        keyring.add_key()


@pytest.mark.parametrize("key", ["short", "c2hvcnQ=", "§", base64.b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InvalidInput, match="32 random bytes") as refused:
        open_keyring(None, key, [])
    assert key not in str(refused.value)


@pytest.mark.parametrize("content", ["", "c2hvcnQ=\n"])
def test_a_broken_key_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(InvalidInput, match=KEY_FILE):
        open_keyring(tmp_path, None, [])


def test_a_keyring_prints_no_key() -> None:
    keyring = Keyring([b"k" * 32])
    assert "kkk" not in repr(keyring)
    assert base64.b64encode(b"k" * 32).decode() not in repr(keyring)
