"""Contacts, conversations, messages, and the outbox."""
