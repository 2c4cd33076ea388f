"""Synthetic drives: vehicles with known plates pass a camera. Training shares nothing with them."""
