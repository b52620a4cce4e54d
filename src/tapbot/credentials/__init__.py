"""Credentials: what opens other services. Kept sealed, by project and environment; opened inside steps alone."""
