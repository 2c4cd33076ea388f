"""Drawing of training pictures from fonts and from outlines of our own."""
