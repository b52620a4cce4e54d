"""HTML: templates, values out of pages, and tables."""
