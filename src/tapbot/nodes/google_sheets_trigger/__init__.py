"""Google Sheets Trigger: starts when rows of a sheet are added or changed."""
