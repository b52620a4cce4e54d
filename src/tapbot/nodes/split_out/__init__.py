"""Split Out: each entry of a list becomes an item."""
