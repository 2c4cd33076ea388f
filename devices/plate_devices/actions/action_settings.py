"""Settings that all actions share: for which vehicles, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plate_devices.setting_errors import SettingError

NONE, ANY = "none", "any"
"""Names in `lists` for vehicles that are on no list, and for all vehicles."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)
_LONGEST_NAME = 64


@dataclass(frozen=True, kw_only=True)
class ActionSettings:
    """[[action]]: `type` says what is done. All conditions must hold.

    Attributes:
        name: in messages and in the audit log.
        lists: names of watch lists; "none" for vehicles on no list, "any" for all vehicles.
        cameras: names of cameras; by default all.
        direction: of the vehicle, one or several; by default any, also an unknown one.
        min_frames: frames that read the same text, 2 to 20. A vehicle that stands is read 5 times, then every 10 s.
        min_confidence: least probability that the text is right, 0.5 to 1.
        fuzzy: whether a fuzzy match of a list is enough. Never for a gate.
        hours: local time, such as "06:30-20:00" or "22:00-06:00"; by default always.
        days: local days, "mon" to "sun"; hours past midnight belong to the day on which they began.
        cool_down: least seconds between two times, 1 to 86400, also over restarts.
        dry_run: only the audit log says what would have been done.
    """

    type: str
    name: str
    lists: tuple[str, ...]
    cameras: tuple[str, ...] = ()
    direction: tuple[Literal["approaching", "leaving", "left", "right", "standing"], ...] = ()
    min_frames: int = 3
    min_confidence: float = 0.9
    fuzzy: bool = False
    hours: tuple[str, ...] = ()
    days: tuple[Day, ...] = ()
    cool_down: float = 10.0
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Raise SettingError where a value makes no sense. Subclasses call it."""
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > _LONGEST_NAME:
            raise SettingError("name", f"it has to be printable text of 1 to {_LONGEST_NAME} characters")
        if not self.lists:
            raise SettingError("lists", 'name a watch list, "none" for vehicles on no list, or "any"')
        if len(self.lists) > 1 and ANY in self.lists:
            raise SettingError("lists", '"any" stands alone')
        if not 2 <= self.min_frames <= 20:
            raise SettingError("min_frames", f"{self.min_frames} is not from 2 to 20")
        if not 0.5 <= self.min_confidence <= 1:
            raise SettingError("min_confidence", f"{self.min_confidence:g} is not from 0.5 to 1")
        if not 1 <= self.cool_down <= 86400:
            raise SettingError("cool_down", f"{self.cool_down:g} is not from 1 to 86400 seconds")
        for window in self.hours:
            if not _WINDOW.fullmatch(window):
                raise SettingError("hours", f'"{window[:40]}" is not a time of day such as "06:30-20:00"')
        _ = self.windows

    @property
    def target(self) -> str:
        """What it acts on. Cool-down and "once for a passing" hold for a target, also if several actions share it."""
        return self.name

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """The hours in minutes of the day: from, to."""
        found = []
        for window in self.hours:
            (first, last) = ([int(part) for part in time.split(":")] for time in window.split("-"))
            found.append((first[0] * 60 + first[1], last[0] * 60 + last[1]))
        if any(first == last for first, last in found):
            raise SettingError("hours", "a time of day has the same beginning and end")
        return tuple(found)
