"""What is wrong with a setting."""

from __future__ import annotations

from plate_runtime.errors import UsageError


class SettingError(ValueError):
    """A setting's value makes no sense. Raised by a section's `__post_init__`; the loader adds file and line."""

    def __init__(self, key: str, reason: str) -> None:
        """Take the field's name, and what is wrong and what is allowed: "12 is no port; use 1 to 65535"."""
        super().__init__(reason)
        self.key = key
        self.reason = reason


class ConfigError(UsageError):
    """A settings file is wrong; the text names file, line and key."""
