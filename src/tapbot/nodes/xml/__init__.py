"""XML: JSON from XML, and XML from JSON."""
