"""What a message says: language, dates, counts, phones, places, intent. Pure functions, no I/O."""
