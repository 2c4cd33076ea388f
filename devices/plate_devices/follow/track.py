"""One plate that is followed: its positions, its readings, its best frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plate_devices.follow.consensus import Consensus, same_text
from plate_devices.follow.direction import Path
from plate_devices.follow.position import MotionModel, Position, is_cut, position_of
from plate_runtime.evaluate import edit_distance

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.follow.direction import Direction
    from plate_devices.sources.source import Frame
    from plate_runtime.results import Plate
    from plate_runtime.script import Script

STANDS_AFTER = 5.0
"""Seconds in one place after which a vehicle counts as standing."""

# Limits for a car that is parked in view for days: texts, and pictures of them.
_VARIANTS, _PICTURES = 16, 4

# In widths of the plate, and as a ratio of widths: smaller changes are no movement.
_STILL, _STILL_SIZE = 0.4, 1.15
# If only texts distinguish vehicles: another vehicle does not come within a moment.
_JUST_NOW, _CHANGE = 6.0, 1.5
# A reading cut by the picture's edge is the best only if there is no other.
_CUT_WORTH = 0.1


@dataclass(frozen=True)
class Vehicle:
    """A vehicle that has passed.

    Attributes:
        plate: text and characters are the consensus of all frames; the rest is from the best frame. That is the most
            confident and largest of those with this text.
        confidence: probability, 0..1, that the text is right.
        frames: how many frames read exactly this text, confusables such as O and 0 counted as equal.
        read: in how many frames the plate was read.
        first_seconds, last_seconds: since the beginning of the video; None for live cameras.
        picture: crop of the plate from the best frame, uint8 (height, width, 3) RGB.
        stay: seconds from the first to the last frame, also if the clock was set in the meantime.
        direction: of its movement, None if it is not clear; see `direction.py`.
        id: of the vehicle, the same each time; "" if it was not asked for while the vehicle was in view.
        kept: what the caller gave with the best frame, None for nothing.
    """

    plate: Plate
    confidence: float
    frames: int
    read: int
    first_frame: int
    last_frame: int
    first_time: datetime | None
    last_time: datetime | None
    first_seconds: float | None
    last_seconds: float | None
    picture: NDArray[np.uint8]
    stay: float = 0.0
    direction: Direction | None = None
    id: str = ""
    kept: object = None


class Track:
    """One plate from frame to frame; its memory does not grow with their number.

    Attributes:
        plate: its newest reading.
        read: in how many frames it was read.
        missed: frames since the newest reading.
        kept: what the caller gave with the best frame.
    """

    def __init__(self, frame: Frame, plate: Plate, seconds: float, script: Script, kept: object = None) -> None:
        self.id = ""
        self.kept: object = None
        self._kept_worth = -1.0
        self.missed = 0
        self.read = 0
        self.first_seconds = self.last_seconds = seconds
        self.began = self._anchor = position_of(plate)
        self._anchored = seconds
        self._motion = MotionModel(self.began, seconds)
        self._consensus = Consensus(script)
        self._path = Path()
        self._detection_sum = 0.0
        self._strength = 0.0
        self._frames = 0
        self._counts: dict[str, int] = {}
        self._best: dict[str, tuple[float, Plate, NDArray[np.uint8]]] = {}
        self._first = self._last = _moment(frame)
        self._take(frame, plate, seconds, kept)

    @property
    def position(self) -> Position:
        """The last position."""
        return self._motion.position

    @property
    def standing(self) -> bool:
        """Whether it has kept its position for `STANDS_AFTER` seconds."""
        return self.last_seconds - self._anchored >= STANDS_AFTER

    @property
    def slow(self) -> bool:
        """Whether it hardly moved when it was last seen."""
        return self._motion.slow

    @property
    def moved(self) -> bool:
        """Whether it has ever left its first position."""
        return self._anchored > self.first_seconds

    @property
    def direction(self) -> Direction | None:
        """Its direction so far, None if it is not clear."""
        return self._path.direction(self.last_seconds - self.first_seconds >= STANDS_AFTER)

    @property
    def text(self) -> str:
        """The consensus of the readings so far."""
        return self._consensus.text

    @property
    def strength(self) -> float:
        """The readings' weight, in entirely confident readings."""
        return self._strength

    @property
    def detection_confidence(self) -> float:
        """Confidence that this is a plate, 0..1: the detector's mean, reduced for frames without a detection."""
        return self._detection_sum / self.read * math.sqrt(self.read / max(self.read, self._frames))

    def likeness(self, frame: Frame, plate: Plate, seconds: float, has_positions: bool) -> float:
        """Return the log likelihood ratio that a plate is this one: by text, and by position or time."""
        height, width = frame.rgb.shape[:2]
        by_text = self._consensus.likeness(plate.characters, has_positions and is_cut(plate, (width, height)))
        if has_positions:
            return by_text + self._motion.likeness(position_of(plate), seconds, (width, height), self.standing)
        return by_text + _JUST_NOW * max(0.0, 1.0 - (seconds - self.last_seconds) / _CHANGE)

    def add(self, frame: Frame, plate: Plate, seconds: float, kept: object = None) -> None:
        """Add another reading; `kept` is kept while this is the best one."""
        self._motion.update(position_of(plate), seconds)
        self._take(frame, plate, seconds, kept)

    def stay(self, frame: Frame, seconds: float) -> None:
        """Note a frame without a change since the last reading."""
        self._motion.rest(seconds)
        self._last = _moment(frame)
        self.last_seconds = seconds

    def vehicle(self) -> Vehicle:
        """Return the vehicle as reported."""
        characters, confidence = self._consensus.read()
        text = "".join(character.text for character in characters)
        agreed = sum(count for other, count in self._counts.items() if same_text(other, text))
        nearest = min(self._best, key=lambda other: (edit_distance(other, text), -self._best[other][0]))
        _, best, picture = self._best[nearest]
        if best.text == text:
            plate = replace(best, characters=tuple(characters), confidence=confidence)
        else:
            plate = replace(
                best, text=text, raw_text=text, region=None, characters=tuple(characters), confidence=confidence
            )
        return Vehicle(
            plate, confidence, agreed, self.read, self._first.number, self._last.number,
            self._first.time, self._last.time, self._first.seconds, self._last.seconds,
            picture, self.last_seconds - self.first_seconds, self.direction, self.id, self.kept,
        )  # fmt: skip

    def _take(self, frame: Frame, plate: Plate, seconds: float, kept: object) -> None:
        self.plate = plate
        height, width = frame.rgb.shape[:2]
        cut = is_cut(plate, (width, height))
        self._frames += max(1, self.missed)
        self.missed = 0
        self.read += 1
        self._path.add(position_of(plate), (width, height), cut)
        self._detection_sum += plate.detection_confidence
        self._strength += plate.detection_confidence * plate.confidence
        self._consensus.add(plate.characters, cut, position_of(plate).width)
        self._counts[plate.text] = self._counts.get(plate.text, 0) + 1
        self._keep_best(frame, plate, cut, kept)
        self._last = _moment(frame)
        self.last_seconds = seconds
        position = self._motion.position
        ratio = position.width / self._anchor.width
        if position.distance(self._anchor) > _STILL or not 1 / _STILL_SIZE < ratio < _STILL_SIZE:
            self._anchor, self._anchored = position, seconds

    def _keep_best(self, frame: Frame, plate: Plate, cut: bool, kept: object) -> None:
        worth = (plate.confidence + 1e-3) * position_of(plate).width ** 0.5 * (_CUT_WORTH if cut else 1.0)
        if kept is not None and worth > self._kept_worth:
            self.kept, self._kept_worth = kept, worth
        if plate.text not in self._best or worth > self._best[plate.text][0]:
            self._best[plate.text] = worth, plate, crop_plate(frame.rgb, plate)
        if len(self._counts) > _VARIANTS:
            del self._counts[min(self._counts, key=lambda text: self._counts[text])]
        if len(self._best) > _PICTURES:
            text = self._consensus.text
            del self._best[max(self._best, key=lambda other: (edit_distance(other, text), -self._best[other][0]))]


def _moment(frame: Frame) -> Frame:
    """Return a frame without its picture, which would take memory while a car is parked."""
    return frame._replace(rgb=frame.rgb[:0].copy())


def crop_plate(rgb: NDArray[np.uint8], plate: Plate) -> NDArray[np.uint8]:
    """Return a crop of a plate's box with a margin, uint8 (height, width, 3)."""
    height, width = rgb.shape[:2]
    x, y, across, down = plate.box
    margin = max(2, down // 6)
    left, top = max(0, x - margin), max(0, y - margin)
    right, bottom = min(width, x + across + margin), min(height, y + down + margin)
    return rgb[top:bottom, left:right].copy()
