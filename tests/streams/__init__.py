"""Cameras of the tests: servers on loopback that serve drawn pictures, and that can be made to fail in every way."""
