"""Data Table: reads and writes rows of a collection, as n8n's node of that name does."""
