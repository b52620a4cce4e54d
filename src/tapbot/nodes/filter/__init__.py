"""Filter: keeps the items for which conditions hold."""
