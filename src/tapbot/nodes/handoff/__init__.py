"""Handoff: gives a conversation to a person."""
