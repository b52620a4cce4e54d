"""E-mail: a mailbox is polled by IMAP, answers go by SMTP into the same thread."""
