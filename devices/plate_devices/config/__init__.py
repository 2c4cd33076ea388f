"""Settings: one TOML file, checked against dataclasses; every error names file, line, key, and what is allowed."""
