"""Email Trigger (IMAP): starts when a mailbox has new messages."""
