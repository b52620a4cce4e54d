"""Crypto: hashes, keyed hashes and random values."""
