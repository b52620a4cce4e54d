"""HTTP in, room function, HTTP out: one file a resource."""
