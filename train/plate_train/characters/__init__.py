"""Training of the character network."""
