"""The agent: a model answers, with the project's workflows and knowledge as tools. Loaded when a bot names a model."""
