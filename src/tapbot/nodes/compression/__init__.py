"""Compression: packs files, and unpacks archives."""
