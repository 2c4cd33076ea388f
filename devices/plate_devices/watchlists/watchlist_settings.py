"""The table [[watchlist]] of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plate_devices.setting_errors import SettingError

_LONGEST_NAME = 64
_RESERVED = ("any", "none")


@dataclass(frozen=True)
class WatchlistSettings:
    """One list.

    Attributes:
        name: what events call it.
        file: a text file, a plate a line.
        fuzzy: a reading also matches where one doubtful character differs.
    """

    name: str
    file: Path
    fuzzy: bool = False

    def __post_init__(self) -> None:
        """Raise SettingError where a value makes no sense."""
        name = self.name
        if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME or ";" in name:
            raise SettingError("name", f"it has to be printable text of 1 to {_LONGEST_NAME} characters, without ;")
        if name in _RESERVED:
            raise SettingError("name", f'"{name}" has a meaning of its own in the lists of an action')
