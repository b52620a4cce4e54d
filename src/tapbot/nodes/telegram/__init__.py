"""Telegram: calls of the Bot API, with the names that exports use."""
