"""Tables in files: CSV, spreadsheets, HTML."""
