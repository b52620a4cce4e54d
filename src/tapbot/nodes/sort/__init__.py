"""Sort: puts items in order."""
