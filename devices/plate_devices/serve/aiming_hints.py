"""Hints for aiming the camera: sentences about size, focus, motion and light."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.serve.picture_quality import FrameQuality, PlateQuality, measure_frame, measure_plate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.serve.live_state import LiveFrame

# The shipped reader was trained with plates 60 to 340 pixels wide (docs/model-cards/plate-reader.md).
TOO_SMALL, SMALL, LARGE = 60, 90, 400
# From about here on it misreads synthetic plates 60 to 264 pixels wide, out of focus and in motion.
BLURRED, SMEARED = 0.0225, 0.03
# Vertical edges that are so many times wider than horizontal ones mean motion.
_MOVING = 1.7
TILTED = 12.0
DIM, BLEACHED, PALE = 80.0, 140.0, 50.0
_DARK, _GLARE = 20.0, 0.4
_UNSHARP = 15.0

_MOST_PLATES, _LASTING = 12, 20.0


class Hint(NamedTuple):
    """A sentence; `level` is "good", "fair" or "bad"."""

    level: str
    text: str


class AimingHints:
    """Measures frames and the plates of the last seconds, and gives hints. Used by one thread."""

    def __init__(self) -> None:
        self.frame: FrameQuality | None = None
        self._plates: deque[tuple[float, PlateQuality]] = deque(maxlen=_MOST_PLATES)

    def measure(self, frame: LiveFrame) -> None:
        """Measure a frame and its plates, in a few milliseconds."""
        self.frame = measure_frame(frame.rgb, frame.roi)
        now = time.monotonic()
        while self._plates and now - self._plates[0][0] > _LASTING:
            self._plates.popleft()
        for plate in frame.plates:
            if quality := measure_plate(frame.rgb, plate):
                self._plates.append((now, quality))

    def hints(self) -> list[Hint]:
        """Return hints, the most urgent first."""
        if self.frame is None:
            return []
        plate = _median([quality for _, quality in self._plates])
        found = list(_of_frame(self.frame) if plate is None else _of_plate(plate))
        if plate is not None and not any(hint.level == "bad" for hint in found):
            found.append(Hint("good", f"plates are {plate.width:.0f} pixels wide, and sharp enough to read"))
        return sorted(found, key=lambda hint: ("bad", "fair", "good").index(hint.level))


def _of_frame(frame: FrameQuality) -> Iterator[Hint]:
    if frame.middle < _DARK:
        yield Hint("bad", "the picture is dark: increase the exposure, or add light")
    elif frame.glare > _GLARE:
        yield Hint("bad", "much of the picture is overexposed: reduce the exposure, or turn away from the light")
    if frame.sharpness < _UNSHARP:
        yield Hint("bad", "nothing in the picture is sharp: turn the focus ring until sharpness is highest")
    yield Hint("fair", "no plate was read recently: put one where vehicles will stop, and watch this page")


def _of_plate(plate: PlateQuality) -> Iterator[Hint]:
    yield from _of_size(plate.width)
    moving = plate.smear > _MOVING
    if moving and plate.blur > SMEARED:
        yield Hint("bad", "plates are smeared by motion: reduce the exposure (1/500 s or less), and add light")
    if not moving and plate.blur > BLURRED:
        yield Hint("bad", "plates are out of focus: turn the focus ring until sharpness is highest")
    elif plate.dark > BLEACHED:
        yield Hint("bad", "plates are overexposed: reduce the exposure, or dim the lamp")
    if plate.light < DIM:
        yield Hint("bad", "plates are dark: increase the exposure, or add light")
    elif plate.light - plate.dark < PALE:
        yield Hint("fair", "characters have little contrast: check for glare, haze or a dirty lens")
    if abs(plate.tilt) > TILTED:
        yield Hint("fair", f"plates are tilted by {abs(plate.tilt):.0f} degrees: level the camera")


def _of_size(width: float) -> Iterator[Hint]:
    if width < TOO_SMALL:
        yield Hint("bad", f"plates are {width:.0f} pixels wide: move closer, zoom in, or use a larger picture")
    elif width < SMALL:
        yield Hint("fair", f"plates are {width:.0f} pixels wide: {SMALL} or more are read better; move closer")
    elif width > LARGE:
        yield Hint(
            "fair",
            f"plates are {width:.0f} pixels wide: more than is needed, and vehicles are in view briefly",
        )


def _median(plates: list[PlateQuality]) -> PlateQuality | None:
    """Return the median of each measure."""
    return PlateQuality(*map(statistics.median, zip(*plates, strict=True))) if plates else None
