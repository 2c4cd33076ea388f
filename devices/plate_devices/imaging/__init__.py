"""Rendering of characters, plates and captions."""
