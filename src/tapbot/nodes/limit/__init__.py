"""Limit: keeps the first items, or the last."""
