"""WhatsApp: a thin client of the Cloud API."""
