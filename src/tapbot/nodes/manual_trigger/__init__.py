"""Manual trigger: a person starts the run."""
