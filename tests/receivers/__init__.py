"""What events are sent to in tests: a web server, an MQTT broker, programs of their own that can be killed."""
