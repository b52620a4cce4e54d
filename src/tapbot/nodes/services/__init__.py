"""Services as data: each YAML file here is a node type, and one runner runs them all."""
