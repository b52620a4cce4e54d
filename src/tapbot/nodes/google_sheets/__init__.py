"""Google Sheets: reads rows as items, and writes items as rows under a header."""
