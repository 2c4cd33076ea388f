"""Training a locator: where in a frame the plates are."""
