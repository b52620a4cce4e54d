"""What the nodes of Google share: signed calls, and the rows of a sheet."""
