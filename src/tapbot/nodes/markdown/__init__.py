"""Markdown: HTML from Markdown, and Markdown from HTML."""
