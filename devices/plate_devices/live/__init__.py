"""Watching a camera: the loop, its frames, its events and its health."""
