"""Nodes: one folder a kind of node, found by its name (`catalogue.py`). No node imports another."""
