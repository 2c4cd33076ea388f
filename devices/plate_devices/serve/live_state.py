"""State that the loop and the live page share: the newest frame, the last vehicles, and the ROI to read."""

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
    from plate_runtime.results import Plate

REMEMBERED = 12
"""Number of vehicles on the page."""


class LiveFrame(NamedTuple):
    """A frame and its plates.

    Attributes:
        number: from 1.
        rgb: uint8 (height, width, 3).
        plates: in the frame; in the last frame that was read if this one shows nothing new.
        seconds: when it was read, in seconds of the monotonic clock.
        roi: the part that was read, None for all of it.
    """

    number: int
    rgb: NDArray[np.uint8]
    plates: Sequence[Plate]
    seconds: float
    roi: Roi | None


class LiveVehicle(NamedTuple):
    """The record of a vehicle as privacy allows it, and its picture, uint8 (height, width, 3)."""

    record: Record
    picture: NDArray[np.uint8] | None


class LiveState:
    """Keeps the newest frame and the last vehicles. The loop writes without waiting; threads of the page read.

    Attributes:
        loop_thread: native id of the loop's thread; None before the first frame.
    """

    def __init__(self, changed: threading.Condition | None = None) -> None:
        """Begin without a frame; `changed` is notified of each frame, and may be shared by several cameras."""
        self.loop_thread: int | None = None
        self._changed = changed or threading.Condition()
        self._frame: LiveFrame | None = None
        self._vehicles: deque[LiveVehicle] = deque(maxlen=REMEMBERED)
        self._frame_count = self._vehicle_count = 0
        self._times: deque[float] = deque(maxlen=60)
        self._figures: dict[str, Any] = {}
        self._roi: Roi | None = None
        self._roi_set = False

    def add_frame(
        self, rgb: NDArray[np.uint8], plates: Sequence[Plate] | None, seconds: float, roi: Roi | None = None
    ) -> None:
        """Add the next frame.

        Args:
            rgb: uint8 (height, width, 3); it must not be changed from now on.
            plates: in pixels of the whole frame; None if it was not read because it shows nothing new.
            seconds: when it was read, in seconds of the monotonic clock.
            roi: the part that was read.
        """
        self.loop_thread = threading.get_native_id()
        with self._changed:
            if plates is None:
                plates = self._frame.plates if self._frame is not None else ()
            self._frame_count += 1
            self._frame = LiveFrame(self._frame_count, rgb, plates, seconds, roi)
            self._times.append(time.monotonic())
            self._changed.notify_all()

    def add_vehicle(self, record: Record, picture: NDArray[np.uint8] | None) -> None:
        """Add a vehicle that has passed, as privacy allows it."""
        with self._changed:
            self._vehicle_count += 1
            self._vehicles.appendleft(LiveVehicle(record, picture))

    def set_figures(self, **figures: Any) -> None:
        """Set figures that the page shows: `source`, `state`, `dropped`, `skipped`, `behind_ms`."""
        with self._changed:
            self._figures.update(figures)

    @property
    def frame(self) -> LiveFrame | None:
        """The newest frame."""
        return self._frame

    def vehicles(self) -> list[LiveVehicle]:
        """Return the last vehicles, the newest first."""
        with self._changed:
            return list(self._vehicles)

    def figures(self) -> dict[str, Any]:
        """Return frames per second, vehicles so far, seconds since the last frame, and the figures that were set."""
        with self._changed:
            now, times = time.monotonic(), list(self._times)
            recent = [moment for moment in times if now - moment < 5.0]
            rate = (len(recent) - 1) / (now - recent[0]) if len(recent) > 1 else 0.0
            since = round(now - times[-1], 1) if times else None
            own = {"frames_per_second": round(rate, 1), "seconds_without_frame": since}
            return {"vehicles": self._vehicle_count, **self._figures, **own}

    @property
    def roi(self) -> Roi | None:
        """The ROI that was drawn on the page; None for all of the frame."""
        with self._changed:
            return self._roi

    def set_roi(self, roi: Roi | None) -> None:
        """Read this part from the next frame on; None for all of it."""
        with self._changed:
            self._roi, self._roi_set = roi, True

    def roi_for(self, size: tuple[int, int], default: Roi | None) -> Roi | None:
        """Return the ROI of a frame of (width, height): the one drawn on the page, else `default`.

        If the drawn ROI lies outside the frame, all of it is read: a camera may return with another size.
        """
        with self._changed:
            if not self._roi_set:
                return default
            if self._roi is None:
                return None
            x, y, width, height = self._roi
            return self._roi if x + width <= size[0] and y + height <= size[1] else None
