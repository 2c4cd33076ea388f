"""Hints for aiming the camera: sentences about size, focus, motion and light."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.explain.causes import DARKER, FOCUS, LARGE, LIGHTER, SMALL, TOO_SMALL, of_plate
from plate_devices.explain.picture_quality import FrameQuality, PlateQuality, measure_frame, measure_plate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.serve.live_state import LiveFrame

# Milder than the limits of `causes`: a scene without plates may have a dark road or a bright sky.
_DARK, _GLARE, _UNSHARP = 20.0, 0.4, 15.0
_FAIR = ("low contrast", "tilted")

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
        green = frame.rgb[:, :, 1]
        self.frame = measure_frame(green, frame.roi)
        now = time.monotonic()
        while self._plates and now - self._plates[0][0] > _LASTING:
            self._plates.popleft()
        for plate in frame.plates:
            if quality := measure_plate(green, plate.corners):
                self._plates.append((now, quality))

    def hints(self) -> list[Hint]:
        """Return hints, the most urgent first."""
        return [] if self.frame is None else give_hints(self.frame, [quality for _, quality in self._plates])


def give_hints(frame: FrameQuality, plates: list[PlateQuality]) -> list[Hint]:
    """Return hints for a frame and the plates that were read recently, the most urgent first."""
    plate = PlateQuality(*map(statistics.median, zip(*plates, strict=True))) if plates else None
    found = list(_of_frame(frame) if plate is None else _of_plate(plate))
    if plate is not None and not any(hint.level == "bad" for hint in found):
        found.append(Hint("good", f"plates are {plate.width:.0f} pixels wide, and sharp enough to read"))
    return sorted(found, key=lambda hint: ("bad", "fair", "good").index(hint.level))


def _of_frame(frame: FrameQuality) -> Iterator[Hint]:
    if frame.middle < _DARK:
        yield Hint("bad", f"the picture is dark: {LIGHTER}")
    elif frame.glare > _GLARE:
        yield Hint("bad", f"much of the picture is overexposed: {DARKER}")
    if frame.sharpness < _UNSHARP:
        yield Hint("bad", f"nothing in the picture is sharp: {FOCUS}")
    yield Hint("fair", "no plate was read recently: put one where vehicles will stop, and watch this page")


def _of_plate(plate: PlateQuality) -> Iterator[Hint]:
    for cause in of_plate(plate, "plates are"):
        yield Hint("fair" if cause.name in _FAIR else "bad", f"{cause.fact}: {cause.remedy}")
    wide = f"plates are {plate.width:.0f} pixels wide"
    if TOO_SMALL <= plate.width < SMALL:
        yield Hint("fair", f"{wide}: {SMALL} or more are read better; move closer")
    elif plate.width > LARGE:
        yield Hint("fair", f"{wide}: more than is needed, and vehicles are in view briefly")
