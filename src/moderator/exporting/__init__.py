"""Tables as files: CSV, XLSX and JSON lines, with the same columns and the same hash."""
