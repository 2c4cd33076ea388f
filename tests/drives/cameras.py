"""Several cameras that show painted drives in real time, over and over, and fail by a fixed schedule.

`python -m drives.cameras BEGAN PORT=FOLDER[=FAULT] ...` serves each folder of frames as MJPEG. BEGAN is when the drives
begin, in seconds since 1970. FAULT is one of `FAULTS`: the same failures in every round of a drive; or a number: so
many frames a second instead of 5.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from streams.mjpeg import MjpegServer

from drives.painter import DrivePainter
from drives.traffic import RATE as DRIVE_RATE

RATE = 5.0
"""Frames a second that a camera sends."""
STEP = round(DRIVE_RATE / RATE)
FLOOD = 200.0
"""Frames a second that a camera sends while it floods."""

FAULTS = {
    "killed": ((40.0, 52.0), (190.0, 205.0)),
    "floods": ((60.0, 100.0), (210.0, 240.0)),
    "stalls": ((110.0, 125.0), (235.0, 245.0)),
}
"""From and to which second of each round a camera is gone, sends frames as fast as it can, or sends none."""

_QUALITY = 85


def paint_every_third(folder: Path, painter: DrivePainter) -> Iterator[int]:
    """Paint the frames of a drive that a camera of `RATE` shows, as JPEG; yield each number when it is done."""
    folder.mkdir(parents=True)
    for number, frame in enumerate(range(0, painter.drive.frames, STEP)):
        Image.fromarray(painter.paint(frame)).save(folder / f"{number}.jpg", quality=_QUALITY)
        yield number


class FaultyCamera:
    """A camera of a drive, and its failures."""

    def __init__(self, began: float, port: int, folder: Path, fault: str) -> None:
        """Use the frames of a folder; `act` begins to serve."""
        self._began, self._folder, self._fault = began, folder, fault
        self._frames = len(list(folder.glob("*.jpg")))
        self._rate = float(fault) if fault.isdecimal() else RATE
        self._server = MjpegServer(self._picture, rate=self._rate)
        self._server.port = port
        self._server.start()
        self._failing = False

    def act(self) -> None:
        """Fail, or recover, if it is time."""
        second = (time.time() - self._began) % (self._frames / self._rate)
        failing = time.time() >= self._began and any(
            begin <= second < end for begin, end in FAULTS.get(self._fault, ())
        )
        if failing == self._failing:
            return
        self._failing = failing
        if self._fault == "killed":
            self._server.kill() if failing else self._server.start()
        elif self._fault == "floods":
            self._server.rate = FLOOD if failing else self._rate
        else:
            self._server.fault = "stall" if failing else ""

    def _picture(self, _number: int) -> bytes:
        frame = int(max(0.0, time.time() - self._began) * self._rate) % self._frames
        return (self._folder / f"{frame}.jpg").read_bytes()


def main() -> None:
    """Serve until killed."""
    began, *places = sys.argv[1:]
    cameras = []
    for place in places:
        port, folder, fault = [*place.split("="), ""][:3]
        cameras.append(FaultyCamera(float(began), int(port), Path(folder), fault))
    print("ready", flush=True)
    while True:
        for camera in cameras:
            camera.act()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
