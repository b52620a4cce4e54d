"""Extract from File: items out of a file."""
