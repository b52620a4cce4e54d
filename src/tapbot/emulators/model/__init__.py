"""A language model as a local server with OpenAI's API: a script decides every answer."""
