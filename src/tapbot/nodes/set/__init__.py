"""Set (Edit Fields): writes, converts and chooses fields of items."""
