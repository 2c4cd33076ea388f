"""Training of the reader of whole plates."""
