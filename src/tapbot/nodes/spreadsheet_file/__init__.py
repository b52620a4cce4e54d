"""Spreadsheet File: rows out of a table, or a table of items, as before Extract from File."""
