"""Accuracy checks of exported files, in every interpreter."""
