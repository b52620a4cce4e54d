"""Record: reads and writes records of a collection."""
