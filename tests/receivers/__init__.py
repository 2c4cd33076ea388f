"""Receivers of events for tests: a web server and an MQTT broker, in processes that can be killed."""
