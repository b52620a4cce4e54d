"""Who acts, and what a login is. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tapbot.storage.types import Scope


class Role(StrEnum):
    """What a principal is there for."""

    ADMIN = "admin"
    """Everything."""
    OPERATOR = "operator"
    """Talks to customers and looks after records."""
    MONITOR = "monitor"
    """Looks and changes nothing."""


class Permission(StrEnum):
    """One thing that may be done."""

    READ_PROJECTS = "projects.read"
    READ_CONVERSATIONS = "conversations.read"
    WRITE_CONVERSATIONS = "conversations.write"
    MANAGE_CONTACTS = "contacts.manage"
    READ_RUNS = "runs.read"
    WRITE_RUNS = "runs.write"
    READ_WORKFLOWS = "workflows.read"
    WRITE_WORKFLOWS = "workflows.write"
    READ_RECORDS = "records.read"
    WRITE_RECORDS = "records.write"
    READ_AUDIT = "audit.read"
    MANAGE_PEOPLE = "people.manage"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, bot or token that acts."""

    principal_id: str
    scope: Scope
    kind: str
    email: str
    name: str
    role: Role
    team: str | None = None
    """Conversations of this team come to the person."""


@dataclass(frozen=True, slots=True)
class Session:
    """A login that holds."""

    principal: Principal
    csrf_token: str
    """What a write must carry beside the cookie."""
    expires_at: datetime
    key: str
    """Names the session without giving it away."""
