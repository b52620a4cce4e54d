"""tapbot: a self-hosted platform that automates business processes through AI bots."""

__version__ = "0.1.0"
