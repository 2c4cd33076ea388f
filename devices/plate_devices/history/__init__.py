"""Look back: searches for events of the past, their pictures and export, from the output that stores them."""
