"""Everything that touches the world: sources of pictures, outputs, and the commands plate-infer and plate-eval."""
