"""Synthetic single characters: glyphs of a font sheet, and characters cut out of plates."""
