"""Reports of an export: JSON, table and pictures."""
