"""RSS Feed Trigger: starts when a feed has new entries."""
