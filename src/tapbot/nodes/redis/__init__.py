"""Redis: keys, lists and messages of a Redis server."""
