"""Corrections of readings: labelled crops that a person has looked at, for training and evaluation."""
