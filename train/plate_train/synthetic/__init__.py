"""Synthetic training pictures: characters, plates and scenes, rendered from fonts and stroke alphabets."""
