"""Takes turns, executes runs, and sends what waits in the outbox."""
