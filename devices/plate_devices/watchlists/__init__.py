"""Lists of known plates, and which of them a reading is."""
