"""State of the device: its board, counters of the loop, metrics for Prometheus, and the checks of plate-doctor."""
