"""The only place that builds objects from settings, and runs them as one process."""

from tapbot.app.building import App, open_app

__all__ = ["App", "open_app"]
