"""A chat of the emulated world: its messages, its members and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tapbot.emulators.telegram.facts import load_facts

Json = dict[str, Any]
RIGHTS = tuple(load_facts().types["ChatAdministratorRights"])
"""What an administrator may do."""
PERMISSIONS = tuple(load_facts().types["ChatPermissions"])
"""What an ordinary member may do."""
INSIDE = frozenset({"creator", "administrator", "member", "restricted"})


@dataclass
class Chat:
    """One chat of a bot.

    Args:
        chat: The chat as `Chat`.
        details: What `ChatFullInfo` tells besides.
        members: `ChatMember` by the user's id; a private chat has none.
        pinned: Ids of pinned messages, the newest last.
        topics: `ForumTopic` by thread, `open` beside it.
        reactions: Who reacted how, by message.
    """

    chat: Json
    messages: dict[int, Json] = field(default_factory=dict)
    blocked: bool = False
    action: str | None = None
    reply_keyboard: Json | None = None
    details: Json = field(default_factory=dict)
    members: dict[int, Json] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    topics: dict[int, Json] = field(default_factory=dict)
    invites: dict[str, Json] = field(default_factory=dict)
    join_requests: set[int] = field(default_factory=set)
    reactions: dict[int, dict[int, list[Json]]] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)
    """Messages of a customer that were read in the name of a business account."""
    moved_to: int | None = None
    """The id of the supergroup that the group became."""

    @property
    def is_private(self) -> bool:
        """Whether it is a chat with one person."""
        return bool(self.chat["type"] == "private")

    def may(self, user_id: int, right: str) -> bool:
        """Whether an administrator has a right."""
        member = self.members.get(user_id, {})
        return member.get("status") == "creator" or bool(member.get("status") == "administrator" and member.get(right))

    def is_inside(self, user_id: int) -> bool:
        """Whether somebody is in the group."""
        member = self.members.get(user_id, {})
        return member.get("status") in INSIDE and member.get("is_member", True)


def make_member(user: Json, status: str, given: Json | None = None) -> Json:
    """Somebody in a group, as the `ChatMember…` of the status.

    Args:
        given: Rights or permissions; for an administrator they default to all but promoting others and anonymity.
    """
    given = given or {}
    member: Json = {"user": user, "status": status}
    if status == "creator":
        return {**member, "is_anonymous": False}
    if status == "administrator":
        unusual = {"is_anonymous", "can_promote_members"}
        rights = {right: bool(given.get(right, right not in unusual)) for right in RIGHTS}
        return {**member, "can_be_edited": True, **rights}
    if status == "restricted":
        permissions = {name: bool(given.get(name, False)) for name in PERMISSIONS}
        return {
            **member,
            "is_member": given.get("is_member", True),
            "until_date": given.get("until_date", 0),
            **permissions,
        }
    return {**member, "until_date": given.get("until_date", 0)} if status == "kicked" else member
