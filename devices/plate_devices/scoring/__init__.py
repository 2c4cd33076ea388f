"""Scoring readers and detectors on labelled pictures."""
