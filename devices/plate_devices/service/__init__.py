"""Running under systemd, or somebody like it: readiness, watchdog, signals, messages, and the unit itself."""
