"""What can be done with lists of items: shared by the nodes of one operation each, and by Item Lists."""
