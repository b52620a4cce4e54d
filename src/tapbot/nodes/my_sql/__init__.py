"""MySQL: runs SQL with parameters, and reads, writes and deletes rows."""
