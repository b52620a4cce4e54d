"""The keys that seal credentials: from the settings, or a file of the data folder that its owner alone can read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from tapbot.errors import Conflict, InvalidInput
from tapbot.loader import load
from tapbot.storage.types import Scope

KEY_FILE = "credentials.key"
KEY_BYTES = 32
NONCE_BYTES = 12


class _Cipher(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Keyring:
    """Seals and opens the fields of credentials with AES-256-GCM.

    What is sealed is bound to its place: moved to another project, environment, id or kind, it no longer opens.

    Args:
        keys: The first one seals; the others still open what they sealed.
        file: Where the keys are kept, if in a file of ours.
    """

    def __init__(self, keys: Sequence[bytes], *, file: Path | None = None) -> None:
        self._keys = {key_id(key): key for key in keys}
        self._order = [key_id(key) for key in keys]
        self.file = file

    def __repr__(self) -> str:
        """Names its keys, and shows none."""
        return f"Keyring({', '.join(self._order)})"

    @property
    def newest(self) -> str:
        """Id of the key that seals."""
        return self._order[0]

    def seal(self, scope: Scope, credential_id: str, kind: str, fields: Mapping[str, str]) -> tuple[str, str]:
        """The fields, encrypted, and the id of the key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        place = _place(scope, credential_id, kind)
        content = _cipher(self._keys[self.newest]).encrypt(nonce, msgspec.json.encode(dict(fields)), place)
        return base64.b64encode(nonce + content).decode(), self.newest

    def open(self, scope: Scope, credential_id: str, kind: str, sealed: str, sealed_by: str) -> dict[str, str]:
        """The fields.

        Raises:
            Conflict: The key is not here, or the row was changed by somebody else.
        """
        key = self._keys.get(sealed_by)
        if key is None:
            raise Conflict(
                f"The credential was sealed with the key {sealed_by}, which is not here.",
                code="credential.no_key",
                hint=f"Put the old key back into {self.file or 'credentials.old_keys'}, or enter the credential anew.",
            )
        try:
            raw = base64.b64decode(sealed, validate=True)
            place = _place(scope, credential_id, kind)
            content = _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place)
        except (load("cryptography.exceptions").InvalidTag, binascii.Error, ValueError):
            raise Conflict(
                "The credential does not open: its row was changed or moved.",
                code="credential.broken",
                hint="Enter it anew with `tapbot credential add --replace`.",
            ) from None
        return msgspec.json.decode(content, type=dict[str, str])

    def add_key(self) -> None:
        """Take one more key, which seals from now on, and write it to the key file.

        Raises:
            Conflict: The keys are in the settings, where tapbot changes nothing.
        """
        if self.file is None:
            raise Conflict(
                "The keys are in the settings.",
                code="credential.keys_in_settings",
                hint="Put the new key into `credentials.key` and the old one into `credentials.old_keys`, "
                "restart, and rotate with --no-new-key.",
            )
        key = secrets.token_bytes(KEY_BYTES)
        _write(self.file, [key, *(self._keys[one] for one in self._order)])
        self._keys[key_id(key)] = key
        self._order.insert(0, key_id(key))

    def forget_old_keys(self) -> None:
        """Keep the newest key alone, also in the key file; what others sealed no longer opens."""
        if self.file is not None:
            _write(self.file, [self._keys[self.newest]])
        self._order = self._order[:1]
        self._keys = {self.newest: self._keys[self.newest]}


def open_keyring(folder: Path | None, key: str | None, old_keys: Sequence[str]) -> Keyring:
    """The keys that the settings name, or those of the data folder, made at the first time.

    Args:
        folder: The data folder; `None` makes a key that ends with the process.

    Raises:
        InvalidInput: A key is none, or the file cannot be read.
    """
    if key:
        return Keyring([_read_key(text, "credentials.key") for text in (key, *old_keys)])
    if folder is None:
        return Keyring([secrets.token_bytes(KEY_BYTES)])
    file = folder / KEY_FILE
    try:
        lines = file.read_text("ascii").split()
    except FileNotFoundError:
        fresh = [secrets.token_bytes(KEY_BYTES)]
        _write(file, fresh)
        return Keyring(fresh, file=file)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "the file of keys cannot be read.",
            code="credential.key_unreadable",
            place=str(file),
            hint="Mend its rights, or restore it from a backup: without it no credential opens.",
        ) from error
    if not lines:
        raise InvalidInput("the file of keys is empty.", code="credential.key_unreadable", place=str(file))
    return Keyring([_read_key(text, str(file)) for text in lines], file=file)


def key_id(key: bytes) -> str:
    """A name for a key that tells nothing of it."""
    return hashlib.sha256(b"tapbot key id" + key).hexdigest()[:12]


def _read_key(text: str, place: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise InvalidInput(
            f"a key is {KEY_BYTES} random bytes in base64.",
            code="credential.bad_key",
            place=place,
            hint="Make one with: openssl rand -base64 32",
        )
    return key


def _write(file: Path, keys: Sequence[bytes]) -> None:
    """Write by rename, so that a crash leaves the old file or the new one."""
    text = "".join(f"{base64.b64encode(key).decode()}\n" for key in keys)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(file)


def _place(scope: Scope, credential_id: str, kind: str) -> bytes:
    return msgspec.json.encode([scope.project_id, scope.environment, credential_id, kind])


def _cipher(key: bytes) -> _Cipher:
    cipher: _Cipher = load("cryptography.hazmat.primitives.ciphers.aead").AESGCM(key)
    return cipher
