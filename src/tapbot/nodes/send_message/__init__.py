"""Send message: puts a message to a contact into the outbox."""
