"""What all training runs share: steps, shards, checkpoints, schedules and records."""
