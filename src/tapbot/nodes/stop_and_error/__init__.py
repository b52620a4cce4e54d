"""Stop and error: ends the run with a message."""
