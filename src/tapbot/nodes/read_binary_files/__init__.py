"""Read Binary Files: files of the server, an item for each."""
