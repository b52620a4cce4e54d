"""What a project's settings and bots say about its broadcasts, and who would get one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from tapbot.bots.quiet import hours_of, quiet_until
from tapbot.channels.limits import Limits
from tapbot.inbox import broadcasts, mailing
from tapbot.inbox.casting import Letter, Row, Rules, Seen, judge, matches
from tapbot.inbox.mailing import Pace
from tapbot.inbox.outbox import ZONE_FIELD
from tapbot.project.types import Project
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope

SHARE = 0.7
"""Of what a channel takes: the rest is for answers."""
MOST_A_SECOND = 20.0
"""Where a channel has no limit of its own."""
WINDOWS = {"whatsapp": timedelta(hours=24) - timedelta(minutes=1)}
"""How long after the customer's last word anything may be said."""
MOST_EXAMPLES = 3
MOST_NAMED = 100


def rules_for(project: Project, bot_id: str) -> Rules:
    """What holds for the broadcasts of a bot."""
    settings, bot = project.settings, project.bots.get(bot_id)
    kinds = bot.channels if bot else ()
    channels = tuple(kind for kind in kinds if kind == "webchat" or bot_id in getattr(settings.channels, kind, {}))
    whatsapp = settings.channels.whatsapp.get(bot_id)
    template = whatsapp is not None and whatsapp.window_template is not None
    return Rules(channels, settings.project.locales, WINDOWS, template)


def pace_for(project: Project, bot_id: str, limits: Mapping[str, Limits], now: datetime) -> Pace:
    """When the messages of a bot's broadcasts go out.

    Args:
        limits: Of the bot's channels.
    """
    hours, zone = hours_of(project.settings, bot_id), project.settings.project.time_zone

    def morning(contact: Row) -> datetime | None:
        known = (contact["fields"] or {}).get(ZONE_FIELD)
        return quiet_until(hours, now, (known if isinstance(known, str) else None, zone)) if hours else None

    def spacing(kind: str) -> timedelta:
        a_second = limits[kind].sends_per_second if kind in limits else None
        return timedelta(seconds=1 / (SHARE * a_second if a_second else MOST_A_SECOND))

    return Pace({kind: spacing(kind) for kind in rules_for(project, bot_id).channels}, morning)


async def preview(
    database: OpenDatabase, scope: Scope, row: Mapping[str, Any] | RowMapping, rules: Rules, now: datetime
) -> dict[str, Any]:
    """Who would get a broadcast now: how many, three examples, and who would not, with the reason.

    Args:
        row: The broadcast; one that is not kept yet has an empty id.
    """
    content, after = broadcasts.content_of(row), None
    left_out: Counter[str] = Counter()
    named: list[dict[str, Any]] = []
    examples: list[dict[str, Any]] = []
    languages: Counter[str] = Counter()

    def look(db: Connection) -> tuple[list[Seen], str | None]:
        heads = mailing.page_of_people(db, scope, after=after, born_by=now)
        chosen = [head for head in heads if matches(content.segment, head)]
        seen = mailing.look_at(db, scope, row["purpose"], chosen, row["broadcast_id"])
        return seen, heads[-1]["contact_id"] if heads else None

    while True:
        people, after = await database.scoped(scope).read(look)
        if after is None:
            break
        for seen in people:
            found = judge(mailing.with_bot(seen, row["bot_id"]), content, rules, now=now)
            who = {"contact_id": seen.contact["contact_id"], "name": seen.contact["first_name"]}
            if isinstance(found, Letter):
                languages[found.language] += 1
                if len(examples) < MOST_EXAMPLES:
                    shown = {"channel": found.conversation["channel"], "language": found.language, "text": found.text}
                    examples.append(who | shown)
            else:
                left_out[found] += 1
                if len(named) < MOST_NAMED:
                    named.append(who | {"reason": found})
    return {
        "count": languages.total(),
        "languages": dict(languages),
        "examples": examples,
        "left_out": dict(left_out),
        "who_is_left_out": named,
    }
