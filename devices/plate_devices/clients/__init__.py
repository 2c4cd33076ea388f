"""Clients that connect to this program: whole requests within limits, answered in a fair order."""
