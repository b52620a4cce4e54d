"""Which role may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from tapbot.access.types import Permission, Principal, Role
from tapbot.errors import NotAllowed

READ = frozenset(
    {
        Permission.READ_PROJECTS,
        Permission.READ_CONVERSATIONS,
        Permission.READ_RUNS,
        Permission.READ_WORKFLOWS,
        Permission.READ_RECORDS,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.OPERATOR: READ | {Permission.WRITE_CONVERSATIONS, Permission.WRITE_RECORDS},
    Role.MONITOR: READ | {Permission.READ_AUDIT},
}


def may(principal: Principal, permission: Permission) -> bool:
    """Whether a principal may do something."""
    return permission in PERMISSIONS[principal.role]


def require(principal: Principal, permission: Permission) -> None:
    """Let a principal do something, or stop here.

    Raises:
        NotAllowed: Its role does not allow it.
    """
    if not may(principal, permission):
        raise NotAllowed(
            f"the role {principal.role.value!r} does not allow {permission.value!r}.",
            code="access.not_permitted",
            hint="Ask an administrator.",
        )
