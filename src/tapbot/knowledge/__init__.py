"""Knowledge: documents to passages, and the search over them."""
