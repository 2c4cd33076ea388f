"""Scores of readers and detectors on labelled pictures."""
