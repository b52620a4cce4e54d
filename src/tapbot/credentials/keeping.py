"""Keeping credentials: entering one, and changing the key that seals them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tapbot.credentials import store
from tapbot.credentials.keyring import Keyring
from tapbot.credentials.kinds import check_fields, find_kind
from tapbot.credentials.types import Sealed
from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope


def keep_credential(
    db: Connection,
    scope: Scope,
    keyring: Keyring,
    *,
    kind: str,
    name: str,
    given: Mapping[str, Any],
    credential_id: str,
    replace: bool,
    now: datetime,
) -> Sealed:
    """Keep a credential.

    Args:
        credential_id: Its id, if it is new.
        replace: Put it in place of the one of that kind and name.

    Raises:
        NotFound: The kind is unknown.
        InvalidInput: A field or the name does not fit.
        Conflict: There is one already.
    """
    fields = check_fields(find_kind(kind), given)
    _check_name(name, 200, "name")
    _check_name(credential_id, 64, "id")
    before = store.find_credential(db, scope, kind=kind, credential_id="", name=name) if replace else None
    own_id = before.credential_id if before else credential_id
    sealed, key_id = keyring.seal(scope, own_id, kind, fields)
    row = Sealed(own_id, kind, name, sealed, key_id, before.created_at if before else now, now)
    if before is None:
        store.add_credential(db, scope, row)
    elif not store.reseal(db, scope, before, sealed=sealed, key_id=key_id, now=now):
        raise Conflict("the credential was changed meanwhile.", code="credential.changed", place=name)
    return row


async def find_scopes(database: OpenDatabase) -> list[Scope]:
    """Every project and environment that has a credential: a key that is changed is changed for all of them."""
    return await database.read(store.scopes_with_credentials)


def reseal_all(db: Connection, scope: Scope, keyring: Keyring, *, now: datetime) -> int:
    """Seal what older keys sealed with the newest one, and say how many there were.

    Raises:
        Conflict: One does not open, or was changed meanwhile; nothing is changed then.
    """
    old = [row for row in store.list_credentials(db, scope) if row.key_id != keyring.newest]
    for row in old:
        fields = keyring.open(scope, row.credential_id, row.kind, row.sealed, row.key_id)
        sealed, key_id = keyring.seal(scope, row.credential_id, row.kind, fields)
        if not store.reseal(db, scope, row, sealed=sealed, key_id=key_id, now=now):
            raise Conflict("a credential was changed meanwhile.", code="credential.changed", place=row.name)
    return len(old)


def _check_name(text: str, most: int, place: str) -> None:
    if not text.strip() or len(text) > most or not text.isprintable():
        raise InvalidInput(
            f"a credential's {place} has 1 to {most} printable letters.", code="credential.bad_field", place=place
        )
