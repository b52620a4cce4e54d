"""What happens by the clock: schedules fire, and what is old is swept away."""
