"""Cron: the clock starts the run, as before the Schedule Trigger."""
