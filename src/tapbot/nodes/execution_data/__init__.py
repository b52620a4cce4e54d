"""Execution Data: keeps values with the run, to find it by."""
