"""Damaged and hostile files of every kind that the project reads, made from sound ones: `python -m fuzz --help`."""
