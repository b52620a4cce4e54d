"""SSH: runs commands on a server, and fetches and sends files."""
