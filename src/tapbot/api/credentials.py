"""What a person does to credentials, with its entry in the audit log. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tapbot.access.audit import note
from tapbot.credentials import store
from tapbot.credentials.keeping import find_scopes, keep_credential, reseal_all
from tapbot.credentials.keyring import Keyring
from tapbot.credentials.types import Sealed
from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import JsonObject, Scope


@dataclass(frozen=True, slots=True)
class CredentialDesk:
    """Whose credentials are changed, with which keys, and when."""

    database: OpenDatabase
    keyring: Keyring | None
    now: datetime

    async def list(self, scope: Scope) -> list[JsonObject]:
        """All of a project's environment, without their fields."""
        rows = await self.database.scoped(scope).read(lambda db: store.list_credentials(db, scope))
        return [show_credential(row) for row in rows]

    async def add(self, scope: Scope, args: Mapping[str, Any], *, new_id: str) -> JsonObject:
        """Keep one. Arguments: `kind`, `name`, `fields`, `id`, `replace`. See `keep_credential`."""
        keyring, fields = self._keys, args.get("fields")
        if not isinstance(fields, Mapping):
            raise InvalidInput("the fields of a credential are an object.", code="credential.bad_field")
        replace = bool(args.get("replace"))

        def add(db: Connection) -> Sealed:
            row = keep_credential(
                db,
                scope,
                keyring,
                kind=str(args.get("kind") or ""),
                name=str(args.get("name") or ""),
                given=fields,
                credential_id=str(args.get("id") or new_id),
                replace=replace,
                now=self.now,
            )
            self._note(db, scope, "credential.replaced" if replace else "credential.added", row)
            return row

        return show_credential(await self.database.scoped(scope).write("credentials.add", add))

    async def remove(self, scope: Scope, wanted: str) -> JsonObject:
        """Delete the one with that id or name.

        Raises:
            NotFound: There is none.
            Conflict: Several have that name.
        """

        def remove(db: Connection) -> Sealed:
            row = store.get_credential(db, scope, wanted)
            store.remove_credential(db, scope, row.credential_id)
            self._note(db, scope, "credential.removed", row)
            return row

        return show_credential(await self.database.scoped(scope).write("credentials.remove", remove))

    async def rotate(self, *, new_key: bool) -> JsonObject:
        """Seal all credentials of all projects with the newest key, and forget the older ones of a key file.

        Args:
            new_key: Make a new key in the key file first.

        Raises:
            Conflict: The keys are in the settings, or a credential does not open: no key is forgotten then.
        """
        keyring = self._keys
        if new_key:
            keyring.add_key()
        resealed = 0
        for scope in await find_scopes(self.database):
            resealed += await self._reseal(scope, keyring)
        if keyring.file is not None:
            keyring.forget_old_keys()
        return {"resealed": resealed, "key": keyring.newest}

    async def _reseal(self, scope: Scope, keyring: Keyring) -> int:
        def reseal(db: Connection) -> int:
            changed = reseal_all(db, scope, keyring, now=self.now)
            data: JsonObject = {"key": keyring.newest, "credentials": changed}
            note(db, scope, actor_id=None, action="credential.rotated", subject="*", data=data, now=self.now)
            return changed

        return await self.database.scoped(scope).write("credentials.rotate", reseal)

    @property
    def _keys(self) -> Keyring:
        if self.keyring is None:
            raise Conflict(
                "there are no keys here that could seal a credential.",
                code="credential.no_key",
                hint="Several processes share one key: give it as TAPBOT_CREDENTIALS__KEY, also to this command.",
            )
        return self.keyring

    def _note(self, db: Connection, scope: Scope, action: str, row: Sealed) -> None:
        data: JsonObject = {"kind": row.kind, "name": row.name}
        note(db, scope, actor_id=None, action=action, subject=row.credential_id, data=data, now=self.now)


def show_credential(row: Sealed) -> JsonObject:
    """What may be seen of a credential."""
    return {
        "id": row.credential_id,
        "kind": row.kind,
        "name": row.name,
        "key": row.key_id,
        "changed_at": row.changed_at.isoformat(),
    }
