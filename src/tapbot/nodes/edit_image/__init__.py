"""Edit Image: turns, cuts, scales and labels pictures."""
