"""Item Lists: what later became Split Out, Aggregate, Sort, Limit, Remove Duplicates and Summarize."""
