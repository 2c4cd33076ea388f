"""Segmenting a plate crop into rows and characters with numpy and Pillow alone."""
