"""Debug Helper: fails on purpose, or gives made-up records."""
