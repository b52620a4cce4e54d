"""Test data: gives fixed items, for tests of workflows."""
