"""Privacy: what is stored of a plate (nothing, a keyed hash, or its text), for how long, and what pictures show."""
