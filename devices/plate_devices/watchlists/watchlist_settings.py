"""The table [[watchlist]] of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plate_devices.setting_errors import SettingError


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
        if not self.name.strip():
            raise SettingError("name", "is empty; give the list a name for its events")
