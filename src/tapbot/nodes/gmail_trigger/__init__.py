"""Gmail Trigger: starts when new mail comes."""
