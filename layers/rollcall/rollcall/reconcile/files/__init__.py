"""Files that people send: text, CSV and JSON, read row by row."""
