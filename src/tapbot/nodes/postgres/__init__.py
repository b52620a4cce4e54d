"""Postgres: statements and rows of a PostgreSQL database."""
