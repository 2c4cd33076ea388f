"""Lists of known plates, and matching of readings with them."""
