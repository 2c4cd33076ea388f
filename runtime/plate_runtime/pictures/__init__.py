"""Picture files: identified, limited, decoded, and converted to 8-bit RGB."""
