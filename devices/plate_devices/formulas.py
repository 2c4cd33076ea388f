"""What spreadsheets take as the beginning of a formula, in CSV files and in watch lists (OWASP, "CSV Injection")."""

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a cell; the last four are the full-width ones of East Asian keyboards."""
