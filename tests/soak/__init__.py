"""A long run of a device: a synthetic drive at full rate, while broker, web server, camera and disk fail in turn."""
