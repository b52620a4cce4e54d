"""Moves an installation between the embedded database and PostgreSQL."""
