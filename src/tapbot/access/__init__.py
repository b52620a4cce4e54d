"""Who may do what: principals, logins, policies and the audit log."""
