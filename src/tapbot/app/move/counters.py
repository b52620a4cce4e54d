"""What a copied database must still learn: which numbers were given, and that nobody holds anything."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Connection, Integer, Table, func, inspect, or_, select, text, update

from tapbot.app.move.tables import room_tables

SEQUENCE = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {name}"


def read_counters(db: Connection) -> dict[str, int]:
    """The highest number that was ever given, by table: rows with it may be gone by now."""
    found = {}
    for table, column in counted():
        highest = int(db.execute(select(func.coalesce(func.max(column), 0))).scalar_one())
        found[table.name] = max(highest, _remembered(db, table, column))
    return found


def counted() -> list[tuple[Table, Column[int]]]:
    """The tables whose rows the database numbers."""
    numbered = []
    for table in room_tables():
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            numbered.append((table, column))
    return numbered


def _remembered(db: Connection, table: Table, column: Column[int]) -> int:
    if db.dialect.name == "postgresql":
        return int(db.execute(text(SEQUENCE.format(name=_sequence(db, table, column)))).scalar_one())
    if not inspect(db).has_table("sqlite_sequence"):
        return 0
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(db.execute(query, {"name": table.name}).scalar_one_or_none() or 0)


def write_counters(db: Connection, counters: dict[str, int]) -> None:
    """Let the next numbers be higher."""
    for table, column in counted():
        value = counters[table.name]
        if db.dialect.name == "postgresql":
            name = _sequence(db, table, column)
            db.execute(text("SELECT setval(:name, :value, :given)"), _setting(name, value))
        elif table.dialect_options["sqlite"]["autoincrement"]:
            row = {"name": table.name, "value": value}
            db.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            db.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :value)"), row)


def _sequence(db: Connection, table: Table, column: Column[int]) -> str:
    asked = {"table": f'public."{table.name}"', "column": column.name}
    return str(db.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), asked).scalar_one())


def _setting(name: str, value: int) -> dict[str, object]:
    return {"name": name, "value": max(value, 1), "given": value > 0}


def release_all(db: Connection) -> None:
    """End every lease and claim: who had it is gone, and another database's clock says nothing here."""
    for table in room_tables():
        for column in table.columns:
            if column.name.endswith("until_ms"):
                held: ColumnElement[bool] = column.is_not(None)
                if table.name == "runs":  # an older tapbot had no leases
                    held = or_(held, table.c.status == "running")
                db.execute(update(table).where(held).values({column.name: 0}))
