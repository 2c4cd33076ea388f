"""Synthetic number plates: serials, layouts, and what a camera does to them."""
