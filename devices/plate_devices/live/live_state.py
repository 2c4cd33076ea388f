"""Where the live page taps the loop: the newest frame, who has passed, the ROI to read."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.events.records import Record
    from plate_devices.sources.source import Roi
    from plate_runtime.reader import Plate

REMEMBERED = 12
"""Vehicles that the page shows."""


class Shot(NamedTuple):
    """One frame as it was read.

    Attributes:
        number: of the shot, from 1.
        rgb: uint8 (height, width, 3).
        plates: what was read in it, or in the last one that was, where this one showed nothing new.
        seconds: when it was taken.
        roi: the part that was read, None for all of it.
    """

    number: int
    rgb: NDArray[np.uint8]
    plates: Sequence[Plate]
    seconds: float
    roi: Roi | None


class Passed(NamedTuple):
    """A vehicle as it may be shown, and its picture, uint8 (height, width, 3)."""

    record: Record
    picture: NDArray[np.uint8] | None


class Tap:
    """Keeps the newest of everything. The loop offers and never waits; the page's threads look.

    Attributes:
        loop: the thread that offers, as the kernel numbers it; None before the first frame.
    """

    def __init__(self) -> None:
        self.loop: int | None = None
        self._changed = threading.Condition()
        self._shot: Shot | None = None
        self._last: deque[Passed] = deque(maxlen=REMEMBERED)
        self._count = self._vehicles = 0
        self._times: deque[float] = deque(maxlen=60)
        self._notes: dict[str, Any] = {}
        self._roi: Roi | None = None
        self._roi_set = False

    def offer(
        self, rgb: NDArray[np.uint8], plates: Sequence[Plate] | None, seconds: float, roi: Roi | None = None
    ) -> None:
        """Take the next frame, uint8 (height, width, 3), which nobody may write into any more.

        Args:
            plates: in pixels of the whole frame; None where it was not read, since it shows nothing new.
            seconds: when it was taken, in seconds as frames tell them.
            roi: the part that was read.
        """
        self.loop = threading.get_native_id()
        with self._changed:
            if plates is None:
                plates = self._shot.plates if self._shot is not None else ()
            self._count += 1
            self._shot = Shot(self._count, rgb, plates, seconds, roi)
            self._times.append(time.monotonic())
            self._changed.notify_all()

    def passed(self, record: Record, picture: NDArray[np.uint8] | None) -> None:
        """Take who has passed, as privacy allows it to be shown."""
        with self._changed:
            self._vehicles += 1
            self._last.appendleft(Passed(record, picture))

    def note(self, **figures: Any) -> None:
        """Take figures that the page shows as they are: `source`, `state`, `dropped`, `skipped`, `behind_ms`."""
        with self._changed:
            self._notes.update(figures)

    def wait(self, after: int, seconds: float) -> Shot | None:
        """Return the newest shot once its number is above `after`; None where none comes within `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._shot is not None and self._shot.number > after, seconds)
            return self._shot if self._shot is not None and self._shot.number > after else None

    @property
    def shot(self) -> Shot | None:
        """The newest frame."""
        return self._shot

    def last(self) -> list[Passed]:
        """Who has passed, the last one first."""
        with self._changed:
            return list(self._last)

    def figures(self) -> dict[str, Any]:
        """Frames a second, vehicles so far, seconds since the last frame, and what was noted."""
        with self._changed:
            now, times = time.monotonic(), list(self._times)
            lately = [moment for moment in times if now - moment < 5.0]
            rate = (len(lately) - 1) / (now - lately[0]) if len(lately) > 1 else 0.0
            since = round(now - times[-1], 1) if times else None
            own = {"frames_per_second": round(rate, 1), "seconds_without_frame": since}
            return {"vehicles": self._vehicles, **self._notes, **own}

    @property
    def roi(self) -> Roi | None:
        """The ROI that was drawn on the page; None for all of the frame."""
        with self._changed:
            return self._roi

    @property
    def roi_set(self) -> bool:
        """Whether somebody has drawn an ROI, or taken one away; else the settings hold."""
        with self._changed:
            return self._roi_set

    def roi_of(self, size: tuple[int, int], otherwise: Roi | None) -> Roi | None:
        """Return what to read of a frame of (width, height): what was drawn, all of it where that lies outside.

        `otherwise` is what the settings say. A camera that comes back with another picture must not end the watch.
        """
        with self._changed:
            if not self._roi_set:
                return otherwise
            if self._roi is None:
                return None
            x, y, width, height = self._roi
            return self._roi if x + width <= size[0] and y + height <= size[1] else None

    def draw(self, roi: Roi | None) -> None:
        """Read this part from the next frame on; None for all of it."""
        with self._changed:
            self._roi, self._roi_set = roi, True
