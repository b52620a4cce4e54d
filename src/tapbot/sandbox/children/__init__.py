"""Programs of the sandbox children; they import the standard library and one engine, nothing else of tapbot."""
