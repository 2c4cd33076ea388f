"""Shapes of characters: from fonts, and from stroke alphabets with special shapes and finishes."""
