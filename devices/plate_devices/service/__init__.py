"""Running under systemd or a similar manager: readiness, watchdog, signals, messages, and the unit."""
