"""HTTP request: calls any API, once per item."""
