"""Conversation: what a workflow does with a conversation."""
