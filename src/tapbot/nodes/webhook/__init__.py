"""Webhook: an HTTP request starts the run."""
