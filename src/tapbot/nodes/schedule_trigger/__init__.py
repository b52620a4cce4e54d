"""Schedule trigger: the clock starts the run."""
