"""GraphQL: asks an API by a query."""
