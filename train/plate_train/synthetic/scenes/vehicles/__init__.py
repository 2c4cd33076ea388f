"""Vehicles of synthetic scenes: shapes, front and back, lamps, and their place in the scene."""
