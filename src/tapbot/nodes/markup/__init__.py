"""HTML and XML as nodes read and write them."""
