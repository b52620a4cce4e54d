"""Sticky note: a text on the canvas, which never runs."""
