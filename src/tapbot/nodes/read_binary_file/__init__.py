"""Read Binary File: a file of the server, for an item."""
