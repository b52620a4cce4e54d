"""Customer Datastore: fixed customers, for courses."""
