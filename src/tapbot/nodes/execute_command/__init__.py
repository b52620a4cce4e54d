"""Execute Command: runs a program of the server, if the settings allow it."""
