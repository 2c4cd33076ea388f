"""Actions: what is done when a vehicle is read, such as opening a gate. At most once for a passing."""
