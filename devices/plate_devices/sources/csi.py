"""Cameras on the ribbon cable of a Raspberry Pi, through picamera2, which comes with its system and not from pip."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.sources.frame_rate import Pace
from plate_devices.sources.source import USUAL_SIZE, Frame, Roi
from plate_runtime.errors import DeviceError, MissingPartError

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE_WITHIN = 4.0
"""Seconds until a camera that sends nothing counts as gone."""


class CsiCamera:
    """A camera by the number that `rpicam-hello --list-cameras` gives it."""

    still = False
    dropped = 0  # a frame that nobody takes stays in the driver
    state = ""
    default_roi: Roi | None = None

    def __init__(self, number: int, pace: Pace | None = None, size: tuple[int, int] = USUAL_SIZE) -> None:
        """Take its number, how often a frame is wanted, and the width and height to ask for; nothing is opened yet.

        Raises:
            MissingPartError: picamera2 is not installed.
        """
        self.name = f"csi:{number}"
        self._number = number
        self._size = size
        self._pace = pace or Pace()
        self._library = _require_picamera2()
        self._camera: Any = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come. Raises DeviceError where the camera is missing, busy or gone."""
        camera = self._open()
        number = 0
        while True:
            self._pace.wait()
            try:
                rgb = camera.capture_array("main", wait=False).get_result(timeout=PICTURE_WITHIN)
            except Exception as error:  # whatever libcamera's layers raise; a stalled one is a TimeoutError of theirs
                raise DeviceError(f"camera {self.name} no longer gives pictures; is its cable firm?") from error
            yield Frame(rgb, number, datetime.now(UTC))
            number += 1

    def close(self) -> None:
        """Give the camera back."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.stop()
            camera.close()

    def _open(self) -> Any:
        there = len(self._library.global_camera_info())
        if self._number >= there:
            raise DeviceError(f"there is no camera {self.name}; found: {_count(there)}")
        try:
            self._camera = self._library(self._number)
            # In picamera2's words "BGR888" is an array of red, green, blue.
            main = {"size": self._size, "format": "BGR888"}
            self._camera.configure(self._camera.create_video_configuration(main=main))
            self._camera.start()
        except Exception as error:  # RuntimeError, IndexError, OSError: it depends on which layer finds out
            self._leave()
            raise DeviceError(f"camera {self.name} cannot be opened; another program may be using it") from error
        return self._camera

    def _leave(self) -> None:
        """Give back what was opened by half."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()


def _require_picamera2() -> Any:
    # libcamera would tell the terminal of its every step.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise MissingPartError(
            "a CSI camera needs picamera2 of the Pi's system: sudo apt install python3-picamera2, and a virtual "
            "environment made with python3 -m venv --system-site-packages"
        ) from error
    return Picamera2


def _count(cameras: int) -> str:
    if cameras == 0:
        return "no camera at all"
    return "csi:0" if cameras == 1 else f"csi:0 to csi:{cameras - 1}"
