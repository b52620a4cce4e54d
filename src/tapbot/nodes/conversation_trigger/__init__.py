"""Conversation Trigger: starts when something happens in a conversation."""
