"""Interval: the clock starts the run again and again."""
