"""A backend, a source and an output for Plate Edge, each in one file."""
