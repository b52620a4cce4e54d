"""Function item: JavaScript over each item, the older form of Code."""
