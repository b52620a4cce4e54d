"""Webhook: any service that posts what customers say, and takes answers by POST, described by settings."""
