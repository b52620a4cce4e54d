"""Proofs by killing: real processes, real databases, the figures in the closing notes."""
