"""What is kept of a plate: nothing, a keyed hash, or its text; for how long; and what pictures show."""
