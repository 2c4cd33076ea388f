"""What to do about what is seen: in a sentence, for whoever stands at the camera."""

from __future__ import annotations

import statistics
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.serve.picture_quality import FrameQuality, PlateQuality, measure_frame, measure_plate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.live.live_state import Shot

# The shipped reader learned from plates 60 to 340 pixels wide (docs/model-cards/plate-reader.md).
TOO_SMALL, SMALL, LARGE = 60, 90, 400
# About where it begins to misread drawn plates 60 to 264 pixels wide, out of focus and moving.
BLURRED, SMEARED = 0.0225, 0.03
# Upright edges so many times wider than level ones: it moves.
_MOVING = 1.7
TILTED = 12.0
DIM, BLEACHED, PALE = 80.0, 140.0, 50.0
_DARK, _GLARE = 20.0, 0.4
_UNSHARP = 15.0

_LOOKED_AT, _LASTING = 12, 20.0


class Hint(NamedTuple):
    """A sentence; `level` is "good", "fair" or "bad"."""

    level: str
    text: str


class AimingHints:
    """Looks at shots and remembers the plates of the last seconds. Used by one thread."""

    def __init__(self) -> None:
        self.frame: FrameQuality | None = None
        self._plates: deque[tuple[float, PlateQuality]] = deque(maxlen=_LOOKED_AT)
        self._seen = 0

    def look(self, shot: Shot) -> None:
        """Take a shot, in a few milliseconds."""
        self.frame = measure_frame(shot.rgb, shot.roi)
        now = time.monotonic()
        while self._plates and now - self._plates[0][0] > _LASTING:
            self._plates.popleft()
        for plate in shot.plates:
            if look := measure_plate(shot.rgb, plate):
                self._plates.append((now, look))

    def hints(self) -> list[Hint]:
        """Return what to do, the worst first."""
        if self.frame is None:
            return []
        looks = [look for _, look in self._plates]
        found = list(_of_plates(looks) if looks else _of_frame(self.frame))
        if looks and not any(hint.level == "bad" for hint in found):
            width = _median(looks, "width")
            found.append(Hint("good", f"plates are {width:.0f} pixels wide, and sharp enough to read"))
        return sorted(found, key=lambda hint: ("bad", "fair", "good").index(hint.level))


def _of_frame(frame: FrameQuality) -> Iterator[Hint]:
    if frame.middle < _DARK:
        yield Hint("bad", "the picture is dark: expose longer, or add light")
    elif frame.glare > _GLARE:
        yield Hint("bad", "much of the picture is bleached: expose shorter, or turn away from the light")
    if frame.sharpness < _UNSHARP:
        yield Hint("bad", "nothing in the picture is sharp: turn the focus ring until sharpness is highest")
    yield Hint("fair", "no plate has been read lately: put one where vehicles will stop, and watch this page")


def _of_plates(looks: list[PlateQuality]) -> Iterator[Hint]:
    yield from _of_size(_median(looks, "width"))
    blur, dark, light = (_median(looks, of) for of in ("blur", "dark", "light"))
    moving = _median(looks, "smear") > _MOVING
    if moving and blur > SMEARED:
        yield Hint("bad", "moving plates are smeared: expose shorter (1/500 s or less), with more light")
    if not moving and blur > BLURRED:
        yield Hint("bad", "plates are out of focus: turn the focus ring until sharpness is highest")
    elif dark > BLEACHED:
        yield Hint("bad", "plates are bleached: expose shorter, or turn the lamp down")
    if light < DIM:
        yield Hint("bad", "plates are dark: expose longer, or add light")
    elif light - dark < PALE:
        yield Hint("fair", "letters hardly stand out: look for glare, haze or a dirty lens")
    tilt = _median(looks, "tilt")
    if abs(tilt) > TILTED:
        yield Hint("fair", f"plates are tilted by {abs(tilt):.0f} degrees: turn the camera until they lie level")


def _of_size(width: float) -> Iterator[Hint]:
    if width < TOO_SMALL:
        yield Hint("bad", f"plates are {width:.0f} pixels wide: move closer, zoom in, or use a larger picture")
    elif width < SMALL:
        yield Hint("fair", f"plates are {width:.0f} pixels wide: {SMALL} or more are read better; move closer")
    elif width > LARGE:
        yield Hint(
            "fair", f"plates are {width:.0f} pixels wide: that is more than is needed, and cars are in view briefly"
        )


def _median(looks: list[PlateQuality], of: str) -> float:
    return float(statistics.median(getattr(look, of) for look in looks))
