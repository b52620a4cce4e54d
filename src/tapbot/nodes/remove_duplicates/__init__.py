"""Remove Duplicates: of items that are equal, the first stays."""
