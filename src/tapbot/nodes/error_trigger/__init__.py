"""Error trigger: starts when a workflow's run failed."""
