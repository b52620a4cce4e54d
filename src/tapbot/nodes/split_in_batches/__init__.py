"""Loop over items: hands out its items in batches, and what came back once all are through."""
