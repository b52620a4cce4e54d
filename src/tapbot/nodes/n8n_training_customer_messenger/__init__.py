"""Customer Messenger: acts as if it sent a message, for courses."""
