"""Collections: a project's own records, their fields and queries."""
