"""Training of the plate detector for whole frames."""
