"""If: sends each item to the true or the false output."""
