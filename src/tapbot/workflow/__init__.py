"""The engine: n8n's workflow format, a pure plan, a journal of runs and steps."""
