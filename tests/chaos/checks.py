"""What must hold when a conversation is over, whatever was killed on the way."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

QUIET_SECONDS = 30.0


UNFINISHED = (
    "SELECT run_id, workflow_id, mode, status, started_at, error FROM runs WHERE status != 'succeeded'",
    "SELECT run_id, step_key, kind, status, error FROM steps WHERE status != 'done'",
    "SELECT inbound_id, text, value, status FROM inbound WHERE status != 'done'",
    "SELECT outbox_id, channel, status, attempts, error FROM outbox WHERE status != 'sent'",
    "SELECT run_id, release FROM runs WHERE release NOT IN (SELECT release FROM releases)",
)


def check_journal(data: Path) -> None:
    """Nothing is left half-done: every run ended, every message was answered and sent, every release is kept."""
    with sqlite3.connect(data / "tapbot.db") as db:
        left = [row for query in UNFINISHED for row in db.execute(query)]
    assert left == [], left


def wait_quiet(data: Path) -> None:
    """Let what is still on its way arrive."""
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        with sqlite3.connect(data / "tapbot.db") as db:
            waiting = db.execute("SELECT count(*) FROM outbox WHERE status = 'queued'").fetchone()[0]
            running = db.execute("SELECT count(*) FROM runs WHERE status IN ('ready', 'running')").fetchone()[0]
        if not waiting and not running:
            return
        time.sleep(0.05)


def said_by_bot(data: Path, chat_id: str) -> list[str]:
    """What the bot said in a chat, oldest first: the database's view, without the spaces that Telegram takes off."""
    query = (
        "SELECT m.text FROM messages m JOIN conversations c USING (conversation_id) "
        "WHERE c.chat_id = ? AND m.author = 'bot' ORDER BY m.position"
    )
    with sqlite3.connect(data / "tapbot.db") as db:
        return [row[0].strip() for row in db.execute(query, (chat_id,))]
