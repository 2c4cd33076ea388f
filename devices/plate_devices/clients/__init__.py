"""Serves clients that connect to this program: complete requests, within limits, in a fair order."""
