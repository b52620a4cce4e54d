"""The vault: finds a credential, opens it, renews its token, and signs requests with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from tapbot import upstream
from tapbot.credentials import store
from tapbot.credentials.keyring import Keyring
from tapbot.credentials.kinds import find_kind
from tapbot.credentials.signing import check_host, sign
from tapbot.credentials.tokens import is_fresh, may_renew, read_tokens, token_request
from tapbot.credentials.types import CredentialKind, Opened, Sealed, Signature
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.upstream import HttpClient

TOKEN_SECONDS = 30.0


class Vault:
    """Credentials of all projects, each within its scope.

    Args:
        http: Reaches token endpoints.
        clock: The wall clock.
    """

    def __init__(
        self, database: OpenDatabase, keyring: Keyring, http: HttpClient, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self.keyring = keyring
        self._http = http
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[Scope, str], asyncio.Lock] = WeakValueDictionary()

    async def open(self, scope: Scope, kind: str, reference: object, *, place: str) -> Opened:
        """The credential that a node refers to.

        Args:
            reference: What stands in the workflow's file: `{"id": …, "name": …}`, or a name.
            place: Where it is wanted, for messages.

        Raises:
            InvalidInput: The node names none, or there is none; the hint says what to enter.
            Conflict: It does not open.
        """
        await asyncio.to_thread(find_kind, kind)  # it reads a file at the first time
        sealed = await self._find(scope, kind, reference, place)
        return await self._open(scope, sealed)

    async def sign(
        self, scope: Scope, kind: str, reference: object, *, host: str, place: str, renew: bool = False
    ) -> tuple[Opened, Signature]:
        """The credential, and what it adds to a request to a host.

        Args:
            renew: The service refused the access token: get a new one even if this one looks fresh.

        Raises:
            InvalidInput: As `open`, or the credential was never authorised.
            NotAllowed: It may not be sent to that host.
            UpstreamRejected: The token endpoint refused.
        """
        found = await asyncio.to_thread(find_kind, kind)
        sealed = await self._find(scope, kind, reference, place)
        opened = await self._open(scope, sealed)
        check_host(found, opened, host)
        if found.oauth2 is not None and (renew or not is_fresh(opened, self._clock())):
            opened = await self._renew(scope, found, sealed, opened)
        return opened, sign(found, opened)

    def renewable(self, kind: str, opened: Opened) -> bool:
        """Whether a refused access token can be renewed."""
        found = find_kind(kind)
        return found.oauth2 is not None and may_renew(found, opened)

    async def _find(self, scope: Scope, kind: str, reference: object, place: str) -> Sealed:
        named = reference if isinstance(reference, Mapping) else {"name": reference}
        name, credential_id = str(named.get("name") or ""), str(named.get("id") or "")
        if not name and not credential_id:
            raise InvalidInput(
                f"No credential of kind {kind} is chosen here.",
                code="credential.none_chosen",
                place=place,
                hint=f"Enter one with `tapbot credential add {kind} NAME`, and name it in the node's `credentials`.",
            )
        sealed = await self._database.scoped(scope).read(
            lambda db: store.find_credential(db, scope, kind=kind, credential_id=credential_id, name=name)
        )
        if sealed is None:
            raise InvalidInput(
                f"There is no credential {name or credential_id!r} of kind {kind} in {scope.environment}.",
                code="credential.missing",
                place=place,
                hint=f'Enter it with `tapbot credential add {kind} "{name or credential_id}"`.',
            )
        return sealed

    async def _open(self, scope: Scope, sealed: Sealed) -> Opened:
        """Open it in a thread: the library of ciphers loads at the first time."""
        fields = await asyncio.to_thread(
            self.keyring.open, scope, sealed.credential_id, sealed.kind, sealed.sealed, sealed.key_id
        )
        return Opened(sealed.credential_id, sealed.kind, sealed.name, fields)

    async def _renew(self, scope: Scope, kind: CredentialKind, sealed: Sealed, opened: Opened) -> Opened:
        """Get a new access token and keep it; of several that want one at once, one asks."""
        turn = self._turns.setdefault((scope, sealed.credential_id), asyncio.Lock())
        async with turn:
            current = await self._find(scope, kind.name, {"id": sealed.credential_id}, "")
            if current.sealed != sealed.sealed:  # another call was faster
                found = await self._open(scope, current)
                if is_fresh(found, self._clock()):
                    return found
            opened = await self._open(scope, current)
            now = self._clock()
            fields = {**opened.fields, **await self._ask_for_tokens(kind, opened, now)}

            def keep(db: Connection) -> bool:
                content, key_id = self.keyring.seal(scope, current.credential_id, kind.name, fields)
                return store.reseal(db, scope, current, sealed=content, key_id=key_id, now=now)

            await self._database.scoped(scope).write("credentials.renew", keep)
            return Opened(current.credential_id, kind.name, current.name, fields)

    async def _ask_for_tokens(self, kind: CredentialKind, opened: Opened, now: datetime) -> dict[str, str]:
        asked = await asyncio.to_thread(token_request, kind, opened, now)
        try:
            reply = await upstream.call(
                self._http,
                "POST",
                asked.url,
                service=f"The token endpoint of {kind.label}",
                timeout_seconds=TOKEN_SECONDS,
                form=asked.form,
                json=asked.json,
                headers={"Accept": "application/json", **asked.headers},
                follow_redirects=False,
            )
        except UpstreamRejected as error:
            raise UpstreamRejected(
                f"{kind.label} refused to renew the access token of {opened.name!r}. Authorise it anew.",
                status=error.status,
                code="credential.not_renewed",
            ) from None
        return read_tokens(reply.content, now, kind.oauth2.answer if kind.oauth2 else "access_token")
