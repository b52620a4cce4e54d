"""Compare Datasets: what is in one input, in both, and where they differ."""
