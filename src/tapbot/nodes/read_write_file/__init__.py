"""Read/Write Files: files of the server."""
