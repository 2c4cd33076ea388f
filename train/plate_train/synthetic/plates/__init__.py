"""Drawn number plates: what is written, how plates look, and what cameras make of them."""
