"""The project folder: read it, check it, keep its releases, scaffold one, run its evals."""
