"""Form trigger: a person who sends the form starts the run."""
