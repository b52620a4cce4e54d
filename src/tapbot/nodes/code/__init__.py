"""Code: JavaScript over the items, in its sandbox."""
