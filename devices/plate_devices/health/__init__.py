"""How the device is: its board, what the loop counts, metrics for Prometheus, and plate-doctor."""
