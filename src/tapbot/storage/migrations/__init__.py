"""Migrations: one file a step, expand first and contract later."""
