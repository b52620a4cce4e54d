"""Summarize: counts, sums and the like, by groups."""
