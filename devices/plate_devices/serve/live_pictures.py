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
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.serve.live_state import LiveFrame, LiveState

MOST_A_SECOND = 12.0
WIDTH, SMALL = 960, 480
"""Largest width of a picture in pixels, and of one beside those of other cameras."""

_QUALITY = 70
_ACTIVE_FOR = 3.0
"""Seconds after the last request for which pictures are encoded."""
_HINTS_EVERY = 0.7


class _Request(NamedTuple):
    """A camera, and the largest width of its picture in pixels."""

    camera: str
    width: int


class EncodedPicture(NamedTuple):
    """A JPEG file, and size, ROI and plates of the frame as a line of JSON."""

    number: int
    jpeg: bytes
    overlay: str


class LivePictures:
    """Encodes the newest frame of each requested camera once for all clients, in turn.

    Attributes:
        budget: counts the CPU time of the whole page.
    """

    def __init__(self, states: Mapping[str, LiveState], changed: threading.Condition) -> None:
        """Take the cameras by name, and the condition that is notified of their frames."""
        self.budget = CpuBudget(lambda: next((one.loop_thread for one in list(states.values())), None))
        self._states, self._changed = states, changed
        self._hints: dict[str, tuple[AimingHints, float]] = {}
        self._requests: dict[_Request, float] = {}
        self._newest: dict[_Request, EncodedPicture] = {}
        self._stopped = False
        self._thread = BackgroundThread(self._run, "live page")

    def start(self) -> None:
        """Start the thread, which waits for a client."""
        self._thread.start()

    def close(self) -> None:
        """Stop; clients that wait for a picture get none."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(5.0)

    def wait(self, camera: str, after: int, seconds: float, width: int = WIDTH) -> EncodedPicture | None:
        """Return the newest picture of a camera once its number is above `after`; None if none comes in `seconds`."""
        request = _Request(camera, width)
        with self._changed:
            self._requests[request] = time.monotonic()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_newer(request, after) or self._stopped, seconds)
            self._requests[request] = time.monotonic()
            return self._newest[request] if self._is_newer(request, after) else None

    def hints_of(self, camera: str) -> dict[str, Any]:
        """Return the hints for a camera that clients watch large, and its sharpness."""
        hints = self._hints[camera][0] if camera in self._hints else AimingHints()
        sharpness = None if hints.frame is None else round(hints.frame.sharpness)
        return {"hints": [hint._asdict() for hint in hints.hints()], "sharpness": sharpness}

    def _is_newer(self, request: _Request, after: int) -> bool:
        return request in self._newest and self._newest[request].number > after

    def _run(self) -> None:
        while (work := self._wait_for_work()) is not None:
            request, frame = work
            started, busy = time.monotonic(), time.thread_time()
            if request.width == WIDTH:
                self._measure(request.camera, frame, started)
            encoded = EncodedPicture(frame.number, encode(frame.rgb, request.width), _overlay(frame))
            with self._changed:
                self._newest[request] = encoded
                self._changed.notify_all()
            self.budget.charge(time.thread_time() - busy)
            self._pause(max(self.budget.pause(), started + 1 / MOST_A_SECOND - time.monotonic()))

    def _wait_for_work(self) -> tuple[_Request, LiveFrame] | None:
        """Sleep until a client asks for a camera that has a new frame; return None at the end."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                self._requests = {one: asked for one, asked in self._requests.items() if now - asked < _ACTIVE_FOR}
                self._newest = {one: self._newest[one] for one in self._newest if one in self._requests}
                for request in list(self._requests):
                    state = self._states.get(request.camera)
                    frame = None if state is None else state.frame
                    if frame is not None and not self._is_newer(request, frame.number - 1):
                        # The last in turn next time.
                        self._requests[request] = self._requests.pop(request)
                        return request, frame
                self._changed.wait(1.0 if self._requests else None)
        return None

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or time.monotonic() >= until, seconds)

    def _measure(self, camera: str, frame: LiveFrame, now: float) -> None:
        """Measure a frame for the hints, now and then."""
        hints, due = self._hints.get(camera, (AimingHints(), 0.0))
        if now >= due:
            hints.measure(frame)
            due = now + _HINTS_EVERY
        self._hints[camera] = hints, due


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
