"""WhatsApp Business Cloud: messages, templates and media, with the names that exports use."""
