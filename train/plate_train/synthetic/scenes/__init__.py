"""Synthetic scenes with number plates: streets, vehicles, signs, light and cameras."""
