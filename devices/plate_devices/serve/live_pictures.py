"""Frames as JPEG for the page. One thread encodes them within a CPU budget, and only while a client asks."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.serve.aiming_hints import AimingHints
from plate_devices.serve.cpu_budget import CpuBudget
from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.serve.live_state import LiveFrame, LiveState

MOST_A_SECOND = 12.0
WIDTH = 960
"""Largest width of a picture in pixels."""

_QUALITY = 70
_ACTIVE_FOR = 3.0
"""Seconds after the last request for which pictures are encoded."""
_HINTS_EVERY = 0.7


class EncodedPicture(NamedTuple):
    """A JPEG file, and size, ROI and plates of the frame as a line of JSON."""

    number: int
    jpeg: bytes
    overlay: str


class LivePictures:
    """Encodes the newest frame once for all clients; `budget` counts the CPU time of the whole page."""

    def __init__(self, state: LiveState) -> None:
        self.hints: dict[str, Any] = {"hints": [], "sharpness": None}
        self.budget = CpuBudget(lambda: state.loop_thread)
        self._live_state = state
        self._newest: EncodedPicture | None = None
        self._ready = threading.Condition()
        self._last_request = float("-inf")
        self._stopped = False
        self._thread = BackgroundThread(self._run, "live page")

    def start(self) -> None:
        """Start the thread, which waits for a client."""
        self._thread.start()

    def close(self) -> None:
        """Stop; clients that wait for a picture get none."""
        with self._ready:
            self._stopped = True
            self._ready.notify_all()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def wait(self, after: int, seconds: float) -> EncodedPicture | None:
        """Return the newest picture once its number is above `after`; None where none comes within `seconds`."""
        with self._ready:
            self._last_request = time.monotonic()
            self._ready.notify_all()
            self._ready.wait_for(lambda: self._is_newer(after) or self._stopped, seconds)
            self._last_request = time.monotonic()
            return self._newest if self._is_newer(after) else None

    def _is_newer(self, after: int) -> bool:
        return self._newest is not None and self._newest.number > after

    def _run(self) -> None:
        hints, hints_at, number = AimingHints(), 0.0, 0
        while self._wait_for_client():
            frame = self._live_state.wait(number, 1.0)
            if frame is None:
                continue
            started, busy = time.monotonic(), time.thread_time()
            number = frame.number
            if started >= hints_at:
                hints.measure(frame)
                self._publish(hints)
                hints_at = started + _HINTS_EVERY
            encoded = EncodedPicture(number, encode(frame.rgb, WIDTH), _overlay(frame))
            with self._ready:
                self._newest = encoded
                self._ready.notify_all()
            self.budget.charge(time.thread_time() - busy)
            self._pause(max(self.budget.pause(), started + 1 / MOST_A_SECOND - time.monotonic()))

    def _wait_for_client(self) -> bool:
        """Sleep while no client asks for pictures; return False at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._stopped or time.monotonic() - self._last_request < _ACTIVE_FOR)
            return not self._stopped

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._ready:
            self._ready.wait_for(lambda: self._stopped or time.monotonic() >= until, seconds)

    def _publish(self, hints: AimingHints) -> None:
        sharpness = None if hints.frame is None else round(hints.frame.sharpness)
        self.hints = {"hints": [hint._asdict() for hint in hints.hints()], "sharpness": sharpness}


def encode(rgb: NDArray[np.uint8], most: int) -> bytes:
    """Return a picture, uint8 (height, width, 3), as JPEG of at most `most` pixels width."""
    from PIL import Image

    picture = Image.fromarray(rgb)
    if (factor := -(-rgb.shape[1] // most)) > 1:
        picture = picture.reduce(factor)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _overlay(frame: LiveFrame) -> str:
    height, width = frame.rgb.shape[:2]
    plates = [
        {
            "text": plate.text,
            "confidence": round(float(plate.confidence), 3),
            "corners": [[round(float(x), 1), round(float(y), 1)] for x, y in plate.corners],
        }
        for plate in frame.plates
    ]
    return json.dumps({"width": width, "height": height, "roi": frame.roi, "plates": plates})
