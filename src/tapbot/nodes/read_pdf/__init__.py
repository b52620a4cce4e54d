"""Read PDF: the text and the facts of a PDF."""
