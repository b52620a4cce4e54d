"""The guided answerer: a dialogue that needs no model."""

from tapbot.bots.guided.answer import answer

__all__ = ["answer"]
