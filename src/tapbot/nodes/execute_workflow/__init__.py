"""Execute workflow: runs another workflow of the project."""
