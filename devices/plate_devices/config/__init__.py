"""Settings from a TOML file, validated by dataclasses. Errors name file, line, key, and the allowed values."""
