"""One vehicle over many frames: readings that belong together are counted together and reported once.

This is a grouping of like readings, not tracking: it knows texts, not places. It fits one gate camera that looks at
one plate at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plate_runtime.evaluate import edit_distance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.base import Frame
    from plate_runtime.reader import Plate

LEFT_AFTER = 5
"""Frames read without the plate after which the vehicle has left."""

SEEN_AT_LEAST = 2
"""Frames that have to agree: one alone is too often half a plate that is just coming into view."""

# Readings of one plate differ by a character or two while it is far away; plates of 4 or fewer by one at most.
_NEAR, _NEAR_SHORT, _SHORT = 2, 1, 4

# A car parked in view for days would otherwise collect every misreading there is.
_VARIANTS = 16


@dataclass(frozen=True)
class Vehicle:
    """A vehicle that has passed.

    Attributes:
        plate: its reading in the best frame: the surest of those that read the text most frames agree on.
        confidence: 0..1; the mean of the agreeing frames, lowered by the share of those that read something else.
        frames: how many agree.
        picture: the best frame, uint8 (height, width, 3) RGB, cut down to the plate.
    """

    plate: Plate
    confidence: float
    frames: int
    first_frame: int
    last_frame: int
    first_time: datetime | None
    last_time: datetime | None
    picture: NDArray[np.uint8]


class Follower:
    """Collects readings frame by frame and hands each vehicle out when it has left."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []

    def add(self, frame: Frame, plates: Sequence[Plate]) -> list[Vehicle]:
        """Take the readings of the next frame that was read; return the vehicles that have left by now."""
        for track in self._tracks:
            track.missed += 1
        for plate in plates:
            track = self._track_of(plate)
            track.add(frame, plate)
        gone = [track for track in self._tracks if track.missed > LEFT_AFTER]
        self._tracks = [track for track in self._tracks if track.missed <= LEFT_AFTER]
        return _vehicles(gone)

    def finish(self) -> list[Vehicle]:
        """Return the vehicles that are still in view; the source has ended."""
        gone, self._tracks = self._tracks, []
        return _vehicles(gone)

    def _track_of(self, plate: Plate) -> _Track:
        near = [(track.distance(plate.text), number) for number, track in enumerate(self._tracks)]
        limit = _NEAR if len(plate.text) > _SHORT else _NEAR_SHORT
        if near and min(near)[0] <= limit:
            return self._tracks[min(near)[1]]
        self._tracks.append(_Track())
        return self._tracks[-1]


class _Track:
    """The readings so far of what seems to be one plate."""

    def __init__(self) -> None:
        self.missed = 0
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._best: dict[str, tuple[Plate, NDArray[np.uint8]]] = {}
        self._first: Frame | None = None
        self._last: Frame | None = None

    def distance(self, text: str) -> int:
        return edit_distance(text, self._winner())

    def add(self, frame: Frame, plate: Plate) -> None:
        self.missed = 0
        text = plate.text
        self._sums[text] = self._sums.get(text, 0.0) + plate.confidence
        self._counts[text] = self._counts.get(text, 0) + 1
        if text not in self._best or plate.confidence > self._best[text][0].confidence:
            self._best[text] = plate, cut_plate(frame.rgb, plate)
        # Only when, not what: whole frames would pile up while a car is parked.
        moment = frame._replace(rgb=frame.rgb[:0])
        self._first = self._first or moment
        self._last = moment
        if len(self._sums) > _VARIANTS:
            self._forget(min(self._sums, key=lambda text: self._sums[text]))

    def vehicle(self) -> Vehicle | None:
        text = self._winner()
        if self._counts[text] < SEEN_AT_LEAST or self._first is None or self._last is None:
            return None
        plate, picture = self._best[text]
        share = self._sums[text] / (sum(self._sums.values()) or 1.0)
        return Vehicle(
            plate, share * self._sums[text] / self._counts[text], self._counts[text],
            self._first.number, self._last.number, self._first.time, self._last.time, picture,
        )  # fmt: skip

    def _forget(self, text: str) -> None:
        del self._sums[text], self._counts[text], self._best[text]

    def _winner(self) -> str:
        return max(self._sums, key=lambda text: (self._sums[text], self._counts[text]))


def cut_plate(rgb: NDArray[np.uint8], plate: Plate) -> NDArray[np.uint8]:
    """Copy a plate's box out of its frame, uint8 (h, w, 3), with a margin so that no edge is lost."""
    height, width = rgb.shape[:2]
    x, y, across, down = plate.box
    margin = max(2, down // 6)
    left, top = max(0, x - margin), max(0, y - margin)
    right, bottom = min(width, x + across + margin), min(height, y + down + margin)
    return rgb[top:bottom, left:right].copy()


def _vehicles(tracks: Sequence[_Track]) -> list[Vehicle]:
    found = [track.vehicle() for track in tracks]
    return [vehicle for vehicle in found if vehicle is not None]
