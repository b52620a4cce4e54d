"""Move Binary Data: a file into fields, or fields into a file, as before Extract from File."""
