"""Wait: the run leaves memory for a while, or until a time."""
