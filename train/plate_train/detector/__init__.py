"""Training a detector: where in a frame the plates are."""
