"""WhatsApp Trigger: what Meta tells of a number starts the workflow."""
