"""Errors of settings."""

from __future__ import annotations

from plate_runtime.errors import UsageError


class SettingError(ValueError):
    """A value is not valid. Raised by `__post_init__` of a section; the loader adds file and line."""

    def __init__(self, key: str, reason: str) -> None:
        """Take the field's name, and a message such as "70000 is not a port; use 1 to 65535"."""
        super().__init__(reason)
        self.key = key
        self.reason = reason


class ConfigError(UsageError):
    """A settings file is not valid; the message names file, line and key."""
