"""A camera that repeats a synthetic drive: `python -m soak.camera PORT FOLDER BEGAN`; it is meant to be killed.

FOLDER holds the frames as `draw_frames` leaves them. BEGAN is the time (seconds of `time.monotonic`) of the first one,
so that a camera that was away shows what passes now.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from PIL import Image
from streams.mjpeg import MjpegServer

from plate_devices.sources.demo import FRAMES_WITH_CAR, FRAMES_WITHOUT, RATE, DemoCamera, vehicles

VEHICLES = 120
"""Seconds after which a plate comes again, long after it was reported."""

PERIOD = FRAMES_WITH_CAR + FRAMES_WITHOUT


def draw_frames(folder: Path) -> None:
    """Draw the drive into JPEG files, 640x480, named by their numbers."""
    folder.mkdir()
    for frame in DemoCamera(count=VEHICLES).frames():
        Image.fromarray(frame.rgb).save(folder / f"{frame.number}.jpg", quality=85)


def passings(seconds: float) -> list[tuple[float, float, str]]:
    """Return begin, end (seconds since the first frame) and plate of each vehicle that has passed after `seconds`."""
    texts = [vehicle.text for vehicle in vehicles(VEHICLES)]
    count = int(seconds * RATE) // PERIOD
    starts = [(number * PERIOD + FRAMES_WITHOUT) / RATE for number in range(count)]
    return [(start, start + FRAMES_WITH_CAR / RATE, texts[i % VEHICLES]) for i, start in enumerate(starts)]


def main() -> None:
    """Serve until killed."""
    port, folder, began = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    late = int((time.monotonic() - began) * RATE)

    def picture(number: int) -> bytes:
        return (folder / f"{(late + number) % (VEHICLES * PERIOD)}.jpg").read_bytes()

    server = MjpegServer(picture, rate=RATE)
    server.port = port
    server.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
