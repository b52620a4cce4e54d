"""Bots: definitions, the guided answerer and the agent."""
