"""What `tapbot doctor` says about the database."""

from __future__ import annotations

from tapbot.cli.finding import Finding, Patient
from tapbot.loader import load


async def check_database(patient: Patient) -> list[Finding]:
    """PostgreSQL with its roles and rights, where the settings name one."""
    url = patient.settings.storage.url
    if url is None:
        return [Finding("database", "ok", "SQLite in the data folder")]
    complaints = await load("tapbot.storage.postgres_check").examine_postgres(url.get_secret_value())
    if not complaints:
        return [Finding("database", "ok", "PostgreSQL answers; schema, roles and rights are as they should be")]
    return [
        Finding("database", "wrong" if one.severe else "warning", one.message, one.hint)
        for one in sorted(complaints, key=lambda one: not one.severe)
    ]
