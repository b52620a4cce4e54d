"""Aggregate: many items become one that holds lists."""
