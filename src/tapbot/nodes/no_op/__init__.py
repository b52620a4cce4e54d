"""No operation: passes items on as they are."""
