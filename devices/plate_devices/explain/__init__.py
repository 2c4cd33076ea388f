"""Why a plate was read or not: each step with its figures, and the likeliest cause."""
