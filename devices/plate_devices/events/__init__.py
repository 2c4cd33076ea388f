"""Event records and their times, also on a machine without a real-time clock."""
