"""SQLite: runs SQL with values, and reads, writes and deletes rows of a file."""
