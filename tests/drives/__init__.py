"""Drives that are drawn: vehicles with known plates pass a camera. Nothing in here is shared with training."""
