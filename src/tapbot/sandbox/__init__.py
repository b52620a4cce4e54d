"""Sandboxes: expressions in QuickJS and Code nodes in V8, in child processes that hold nothing worth stealing."""
