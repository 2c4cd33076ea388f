"""A camera that shows a painted drive in real time: `python -m drives.camera PORT FOLDER BEGAN`; meant to be killed.

FOLDER holds the frames as `paint_frames` leaves them. BEGAN is a file with the time of the first one (seconds of
`time.monotonic`), so that a camera that was away shows what passes now. Until then, or until there is such a file, the
first frame is shown; after the drive the last one. The time of the first picture is printed: `serving SECONDS`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from streams.mjpeg import MjpegServer

from drives.painter import DrivePainter
from drives.traffic import RATE

_QUALITY = 85


def paint_frames(folder: Path, painter: DrivePainter) -> Iterator[int]:
    """Paint a drive into JPEG files, called by their number; about 160 kB each. Yields each number when it is done."""
    folder.mkdir(parents=True)
    for number in range(painter.drive.frames):
        Image.fromarray(painter.paint(number)).save(folder / f"{number}.jpg", quality=_QUALITY)
        yield number


class Shown:
    """The content of the camera."""

    def __init__(self, folder: Path, began: Path) -> None:
        """Use frames, and a file that will hold the time of the first one."""
        self._folder, self._began = folder, began
        self._last = len(list(folder.glob("*.jpg"))) - 1
        self._first: int | None = None
        self._served = False

    def picture(self, number: int) -> bytes:
        """Return picture `number` since the start, at the rate of the drive."""
        if not self._served:
            self._served = True
            print(f"serving {time.monotonic():.3f}", flush=True)
        if self._first is None and self._began.is_file():
            # Counted on from here: asking the clock each time would now and then show a frame twice.
            self._first = round((time.monotonic() - float(self._began.read_text())) * RATE) - number
        frame = 0 if self._first is None else self._first + number
        return (self._folder / f"{min(max(frame, 0), self._last)}.jpg").read_bytes()


def main() -> None:
    """Serve until killed."""
    port, folder, began = sys.argv[1:]
    server = MjpegServer(Shown(Path(folder), Path(began)).picture, rate=RATE)
    server.port = int(port)
    server.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
