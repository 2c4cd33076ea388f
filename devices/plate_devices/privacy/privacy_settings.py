"""The section [privacy] of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plate_devices.setting_errors import SettingError


@dataclass(frozen=True)
class PrivacySettings:
    """[privacy]: what of a plate leaves the process, and how long it is kept.

    Attributes:
        mode: "clear": its text; "hash": HMAC-SHA-256 of the text; "nothing": only that a vehicle has passed.
        key_file: file of the key for the hash; made with a random key if it is missing.
        rotate_days: days after which a new key replaces the old one.
        keep_days: days after which events and pictures are deleted; 0 keeps them indefinitely.
        blur_others: plates on no watch list are masked in saved pictures.
    """

    mode: Literal["clear", "hash", "nothing"] = "clear"
    key_file: Path | None = None
    rotate_days: float = 1.0
    keep_days: float = 0.0
    blur_others: bool = False

    @property
    def hides_plates(self) -> bool:
        """Whether texts or pictures of some plates must not be shown."""
        return self.mode != "clear" or self.blur_others

    def __post_init__(self) -> None:
        """Raise SettingError if a value is invalid, or contradicts another one."""
        if self.mode == "hash" and self.key_file is None:
            raise SettingError("key_file", 'is missing; mode "hash" needs a file for its key')
        if self.mode != "hash" and self.key_file is not None:
            raise SettingError("key_file", f'has no meaning with mode "{self.mode}"; use mode = "hash"')
        if not 0.01 <= self.rotate_days <= 3660:
            raise SettingError("rotate_days", f"{self.rotate_days:g} is not from 0.01 to 3660 days")
        if not 0 <= self.keep_days <= 3660:
            raise SettingError("keep_days", f"{self.keep_days:g} is not from 0 (indefinitely) to 3660 days")
