"""Write the next migration from what the tables say: `python scripts/new_migration.py "what it does"`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from alembic import command

from tapbot.storage.database import sqlite_engine
from tapbot.storage.migrations.runner import alembic_config
from tapbot.storage.schema import VERSIONS, bring_up_to_date, newest_version

ROOT = Path(__file__).parent.parent


def import_tables() -> None:
    """Every room's `tables.py` puts its tables into the one metadata."""
    for path in sorted((ROOT / "src/tapbot").glob("*/tables.py")):
        importlib.import_module(f"tapbot.{path.parent.name}.tables")


def main() -> None:
    """Compare the newest schema with the tables and write the difference as the next step."""
    import_tables()
    known = any(VERSIONS.glob("[0-9]*.py"))
    following = f"{int(newest_version()) + 1:04d}" if known else "0001"
    with sqlite_engine(None).connect() as connection:
        if known:
            bring_up_to_date(connection)
        config = alembic_config(connection)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=following)


if __name__ == "__main__":
    main()
