"""TOTP: one-time passwords by the clock."""
