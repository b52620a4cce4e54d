"""Rename Keys: gives fields other names."""
