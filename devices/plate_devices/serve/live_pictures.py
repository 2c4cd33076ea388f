"""Frames as JPEG for whoever looks, by one thread that takes little of the processor, and nothing while nobody does."""

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

    from plate_devices.live.live_state import Shot, Tap

MOST_A_SECOND = 12.0
WIDTH = 960
"""Pixels that a picture is wide at most."""

_QUALITY = 70
_WATCHED = 3.0
"""Seconds after the last request during which somebody is taken to look."""
_ADVISE_EVERY = 0.7


class EncodedPicture(NamedTuple):
    """A JPEG file, and what is on it as a line of JSON."""

    number: int
    jpeg: bytes
    told: str


class LivePictures:
    """Encodes the newest shot once for all who look; `budget` is charged with all that the page does."""

    def __init__(self, tap: Tap) -> None:
        self.advice: dict[str, Any] = {"hints": [], "sharpness": None}
        self.budget = CpuBudget(lambda: tap.loop)
        self._tap = tap
        self._newest: EncodedPicture | None = None
        self._ready = threading.Condition()
        self._asked = float("-inf")
        self._stopped = False
        self._thread = BackgroundThread(self._run, "live page")

    def start(self) -> None:
        """Begin to wait for somebody who looks."""
        self._thread.start()

    def close(self) -> None:
        """End; who waits for a picture gets none."""
        with self._ready:
            self._stopped = True
            self._ready.notify_all()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def wait(self, after: int, seconds: float) -> EncodedPicture | None:
        """Return the newest picture once its number is above `after`; None where none comes within `seconds`."""
        with self._ready:
            self._asked = time.monotonic()
            self._ready.notify_all()
            self._ready.wait_for(lambda: self._is_newer(after) or self._stopped, seconds)
            self._asked = time.monotonic()
            return self._newest if self._is_newer(after) else None

    def _is_newer(self, after: int) -> bool:
        return self._newest is not None and self._newest.number > after

    def _run(self) -> None:
        advice, advise_at, number = AimingHints(), 0.0, 0
        while self._wait_for_viewer():
            shot = self._tap.wait(number, 1.0)
            if shot is None:
                continue
            started, busy = time.monotonic(), time.thread_time()
            number = shot.number
            if started >= advise_at:
                advice.look(shot)
                self._tell(advice)
                advise_at = started + _ADVISE_EVERY
            encoded = EncodedPicture(number, _jpeg(shot.rgb), _told(shot))
            with self._ready:
                self._newest = encoded
                self._ready.notify_all()
            self.budget.charge(time.thread_time() - busy)
            self._pause(max(self.budget.rest(), started + 1 / MOST_A_SECOND - time.monotonic()))

    def _wait_for_viewer(self) -> bool:
        """Sleep while nobody looks; return False at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._stopped or time.monotonic() - self._asked < _WATCHED)
            return not self._stopped

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._ready:
            self._ready.wait_for(lambda: self._stopped or time.monotonic() >= until, seconds)

    def _tell(self, advice: AimingHints) -> None:
        sharpness = None if advice.frame is None else round(advice.frame.sharpness)
        self.advice = {"hints": [hint._asdict() for hint in advice.hints()], "sharpness": sharpness}


def encode(rgb: NDArray[np.uint8], most: int) -> bytes:
    """Return a picture, uint8 (h, w, 3), as JPEG at most `most` pixels wide."""
    from PIL import Image

    picture = Image.fromarray(rgb)
    if (factor := -(-rgb.shape[1] // most)) > 1:
        picture = picture.reduce(factor)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    return encode(rgb, WIDTH)


def _told(shot: Shot) -> str:
    height, width = shot.rgb.shape[:2]
    plates = [
        {
            "text": plate.text,
            "confidence": round(float(plate.confidence), 3),
            "corners": [[round(float(x), 1), round(float(y), 1)] for x, y in plate.corners],
        }
        for plate in shot.plates
    ]
    return json.dumps({"width": width, "height": height, "roi": shot.roi, "plates": plates})
