"""Emit Event: tells everybody who listens that something happened."""
