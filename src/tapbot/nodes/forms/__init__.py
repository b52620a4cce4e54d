"""What the nodes with a form share: its fields, its page, its words, and reading what was sent with it."""
