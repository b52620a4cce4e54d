"""HTML Extract: values out of HTML, as version 1 of the node HTML did."""
