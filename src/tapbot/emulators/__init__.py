"""Emulators: the outside services as local servers with faults on demand, for tests, demos and offline work."""
