"""Merge: joins the items of several inputs."""
