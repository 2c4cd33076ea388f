"""Hours of a device at a gate: a drawn drive at full rate, while broker, web server, camera and disk fail in turn."""
