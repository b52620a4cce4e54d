"""JWT: signs, checks and reads JSON web tokens."""
