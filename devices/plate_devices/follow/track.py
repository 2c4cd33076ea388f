"""What is known of one plate while it is followed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plate_devices.follow.consensus import Votes, same_text
from plate_devices.follow.position import Motion, Place, is_cut, place_of
from plate_runtime.evaluate import edit_distance

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.source import Frame
    from plate_runtime.reader import Plate
    from plate_runtime.script import Script

STANDS_AFTER = 5.0
"""Seconds in one place after which a vehicle stands."""

# A car parked in view for days would otherwise collect every misreading there is, with a picture of each.
_VARIANTS, _PICTURES = 16, 4

# In widths of the plate, and as a ratio of widths: within these it has not moved.
_STILL, _STILL_SIZE = 0.4, 1.15
# Where only texts tell vehicles apart: one does not take the other's place within a moment.
_JUST_NOW, _CHANGE = 6.0, 1.5
# A reading that the picture's edge has cut is the best one only where there is no other.
_CUT_WORTH = 0.1


@dataclass(frozen=True)
class Vehicle:
    """A vehicle that has passed.

    Attributes:
        plate: text and characters as all frames together say them, place and all else as in the best frame: the
            surest and largest of those that read this text.
        confidence: probability, 0..1, that the text is right.
        frames: how many frames read exactly this text, O and 0, I and 1 taken as one.
        read: in how many frames it was read at all.
        first_seconds, last_seconds: since the beginning of the film; None for live cameras.
        picture: the best frame, uint8 (height, width, 3) RGB, cut down to the plate.
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


class Track:
    """One plate from frame to frame; its memory does not grow with their number."""

    def __init__(self, frame: Frame, plate: Plate, seconds: float, script: Script) -> None:
        self.missed = 0
        self.read = 0
        self.first_seconds = self.last_seconds = seconds
        self.began = self._anchor = place_of(plate)
        self._anchored = seconds
        self._motion = Motion(self.began, seconds)
        self._votes = Votes(script)
        self._sureness = 0.0
        self._strength = 0.0
        self._passed = 0
        self._counts: dict[str, int] = {}
        self._best: dict[str, tuple[float, Plate, NDArray[np.uint8]]] = {}
        self._first = self._last = _moment(frame)
        self._take(frame, plate, seconds)

    @property
    def place(self) -> Place:
        """Where it was last."""
        return self._motion.place

    @property
    def standing(self) -> bool:
        """Whether it has kept its place for a while."""
        return self.last_seconds - self._anchored >= STANDS_AFTER

    @property
    def slow(self) -> bool:
        """Whether it hardly moved when it was seen last."""
        return self._motion.slow

    @property
    def moved(self) -> bool:
        """Whether it has ever left its first place."""
        return self._anchored > self.first_seconds

    @property
    def text(self) -> str:
        """What it reads so far."""
        return self._votes.text

    @property
    def strength(self) -> float:
        """To how many readings without any doubt, about plate or text, its readings come together."""
        return self._strength

    @property
    def located(self) -> float:
        """How sure it is that this is a plate, 0..1: the detector's mean confidence, less where it comes and goes."""
        return self._sureness / self.read * math.sqrt(self.read / max(self.read, self._passed))

    def likeness(self, frame: Frame, plate: Plate, seconds: float, placed: bool) -> float:
        """How much likelier the plate is this one than another, as a logarithm: by text, and by place or time."""
        height, width = frame.rgb.shape[:2]
        by_text = self._votes.likeness(plate.characters, placed and is_cut(plate, (width, height)))
        if placed:
            return by_text + self._motion.likeness(place_of(plate), seconds, (width, height), self.standing)
        return by_text + _JUST_NOW * max(0.0, 1.0 - (seconds - self.last_seconds) / _CHANGE)

    def add(self, frame: Frame, plate: Plate, seconds: float) -> None:
        """It has been read again."""
        place = place_of(plate)
        self._motion.see(place, seconds)
        self._take(frame, plate, seconds)

    def stay(self, frame: Frame, seconds: float) -> None:
        """Nothing has moved since it was read."""
        self._motion.rest(seconds)
        self._last = _moment(frame)
        self.last_seconds = seconds

    def vehicle(self) -> Vehicle:
        """Sum up."""
        characters, confidence = self._votes.read()
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
            self._first.time, self._last.time, self._first.seconds, self._last.seconds, picture,
        )  # fmt: skip

    def _take(self, frame: Frame, plate: Plate, seconds: float) -> None:
        height, width = frame.rgb.shape[:2]
        cut = is_cut(plate, (width, height))
        self._passed += max(1, self.missed)
        self.missed = 0
        self.read += 1
        self._sureness += plate.detection_confidence
        self._strength += plate.detection_confidence * plate.confidence
        self._votes.add(plate.characters, cut)
        self._counts[plate.text] = self._counts.get(plate.text, 0) + 1
        self._keep_best(frame, plate, cut)
        self._last = _moment(frame)
        self.last_seconds = seconds
        place = self._motion.place
        ratio = place.width / self._anchor.width
        if place.away(self._anchor) > _STILL or not 1 / _STILL_SIZE < ratio < _STILL_SIZE:
            self._anchor, self._anchored = place, seconds

    def _keep_best(self, frame: Frame, plate: Plate, cut: bool) -> None:
        worth = (plate.confidence + 1e-3) * place_of(plate).width ** 0.5 * (_CUT_WORTH if cut else 1.0)
        if plate.text not in self._best or worth > self._best[plate.text][0]:
            self._best[plate.text] = worth, plate, cut_plate(frame.rgb, plate)
        if len(self._counts) > _VARIANTS:
            del self._counts[min(self._counts, key=lambda text: self._counts[text])]
        if len(self._best) > _PICTURES:
            text = self._votes.text
            del self._best[max(self._best, key=lambda other: (edit_distance(other, text), -self._best[other][0]))]


def _moment(frame: Frame) -> Frame:
    """Only when, not what: whole frames would pile up while a car is parked."""
    return frame._replace(rgb=frame.rgb[:0].copy())


def cut_plate(rgb: NDArray[np.uint8], plate: Plate) -> NDArray[np.uint8]:
    """Copy a plate's box out of its frame, uint8 (h, w, 3), with a margin so that no edge is lost."""
    height, width = rgb.shape[:2]
    x, y, across, down = plate.box
    margin = max(2, down // 6)
    left, top = max(0, x - margin), max(0, y - margin)
    right, bottom = min(width, x + across + margin), min(height, y + down + margin)
    return rgb[top:bottom, left:right].copy()
