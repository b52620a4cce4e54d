"""Respond to webhook: answers the request that started the run."""
