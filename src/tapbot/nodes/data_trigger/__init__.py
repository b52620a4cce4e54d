"""Data Trigger: starts when records are created or changed."""
