"""Ask person: a run waits for the decision of a person."""
