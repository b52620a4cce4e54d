"""Convert to File: a file made of items."""
