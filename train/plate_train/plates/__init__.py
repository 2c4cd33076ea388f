"""Training of the whole-plate reader: networks, drawings by the shard, rounds, checkpoints, scores."""
