"""Function: JavaScript over all items, the older form of Code."""
