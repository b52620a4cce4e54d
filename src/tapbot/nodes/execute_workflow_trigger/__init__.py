"""Execute workflow trigger: another workflow starts the run."""
