"""Send Email: a mail by SMTP, once per item."""
