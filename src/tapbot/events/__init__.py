"""Facts of what happened, written in the same transaction as what they tell of, and who listens."""
