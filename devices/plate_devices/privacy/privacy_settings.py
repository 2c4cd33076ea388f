"""What [privacy] of the configuration says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plate_devices.config.setting_errors import SettingError


@dataclass(frozen=True)
class PrivacySettings:
    """What of a plate leaves the process, and how long it is kept.

    Attributes:
        mode: "clear", its text; "hash", HMAC-SHA-256 of it; "nothing", only that a vehicle has passed.
        key_file: where the key of the hash lies; made with a random key where there is none.
        rotate_days: after so many days the key is thrown away and another one made.
        keep_days: rows and pictures older than that are deleted; 0 keeps them.
        blur_others: plates on no watch list are covered in saved pictures.
    """

    mode: Literal["clear", "hash", "nothing"] = "clear"
    key_file: Path | None = None
    rotate_days: float = 1.0
    keep_days: float = 0.0
    blur_others: bool = False

    def __post_init__(self) -> None:
        """Raise SettingError where a value makes no sense, or does not fit another one."""
        if self.mode == "hash" and self.key_file is None:
            raise SettingError("key_file", 'is missing; mode "hash" needs a file for its key')
        if self.mode != "hash" and self.key_file is not None:
            raise SettingError("key_file", f'has no meaning with mode "{self.mode}"; use mode = "hash"')
        if not 0.01 <= self.rotate_days <= 3660:
            raise SettingError("rotate_days", f"{self.rotate_days:g} is not from 0.01 to 3660 days")
        if not 0 <= self.keep_days <= 3660:
            raise SettingError("keep_days", f"{self.keep_days:g} is not from 0 (for ever) to 3660 days")
