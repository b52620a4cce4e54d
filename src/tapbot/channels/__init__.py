"""Channels: where customers write. Each folder is one; all keep the contract of `types.py`."""
