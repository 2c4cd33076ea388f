"""CSI cameras of a Raspberry Pi, through picamera2, which comes with the system and not from pip."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.source import USUAL_SIZE, Frame, Frames, Source
from plate_runtime.errors import DeviceError, MissingPartError

PICTURE_WITHIN = 4.0
"""Seconds until a camera that sends nothing counts as lost."""


class CsiCamera(Source):
    """A camera by the number that `rpicam-hello --list-cameras` shows. Unread frames stay in the driver."""

    def __init__(
        self, number: int, rate_limit: FrameRateLimit | None = None, size: tuple[int, int] = USUAL_SIZE
    ) -> None:
        """Take its number, and the width and height to ask for; nothing is opened yet.

        Raises:
            MissingPartError: picamera2 is not installed.
        """
        self.name = f"csi:{number}"
        self._number = number
        self._size = size
        self.rate_limit = self._limit = rate_limit or FrameRateLimit()
        self._library = _require_picamera2()
        self._camera: Any = None

    def frames(self) -> Frames:
        """Yield frames as they come. Raises DeviceError where the camera is missing, busy or lost."""
        camera = self._open()
        number = 0
        while True:
            self._limit.wait()
            try:
                rgb = camera.capture_array("main", wait=False).get_result(timeout=PICTURE_WITHIN)
            except Exception as error:  # libcamera's layers raise many types; a stalled camera is a TimeoutError
                raise DeviceError(f"camera {self.name} sends no more pictures; is its cable firm?") from error
            yield Frame(rgb, number, datetime.now(UTC))
            number += 1

    def close(self) -> None:
        """Release the camera."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.stop()
            camera.close()

    def _open(self) -> Any:
        count = len(self._library.global_camera_info())
        if self._number >= count:
            raise DeviceError(f"there is no camera {self.name}; found: {_names(count)}")
        try:
            self._camera = self._library(self._number)
            # picamera2 calls an array of red, green, blue "BGR888".
            main = {"size": self._size, "format": "BGR888"}
            self._camera.configure(self._camera.create_video_configuration(main=main))
            self._camera.start()
        except Exception as error:  # RuntimeError, IndexError or OSError, depending on the layer
            self._release_half_opened()
            raise DeviceError(f"camera {self.name} cannot be opened; another program may be using it") from error
        return self._camera

    def _release_half_opened(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()


def _require_picamera2() -> Any:
    # libcamera logs every step by default.
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise MissingPartError(
            "a CSI camera needs picamera2 from the Pi's system: sudo apt install python3-picamera2, and a virtual "
            "environment made with python3 -m venv --system-site-packages"
        ) from error
    return Picamera2


def _names(cameras: int) -> str:
    if cameras == 0:
        return "no camera"
    return "csi:0" if cameras == 1 else f"csi:0 to csi:{cameras - 1}"
