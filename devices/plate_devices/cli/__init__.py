"""The commands plate-infer, plate-eval and plate-doctor, and their options."""
