"""Write Binary File: a file of an item, kept on the server."""
