"""Labelled pictures that an export is calibrated and checked with."""
