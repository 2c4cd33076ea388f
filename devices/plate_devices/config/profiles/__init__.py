"""Profiles of boards."""
