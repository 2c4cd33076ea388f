"""Where readings go: lines on standard output, pictures on disk."""
