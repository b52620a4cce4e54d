"""Types of the word tables."""

from __future__ import annotations

Meanings = dict[str, dict[int | str, str]]
"""Kind of atom → its value → spellings in a row."""
