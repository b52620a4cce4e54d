"""Connections, tables, migrations and files."""
