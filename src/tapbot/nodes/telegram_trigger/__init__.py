"""Telegram Trigger: updates of a bot start the workflow."""
