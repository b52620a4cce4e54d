"""RSS Read: the entries of a feed, an item for each."""
