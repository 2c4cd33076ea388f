"""USB cameras through OpenCV."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.source import USUAL_SIZE, Frame, Frames, Source, require_opencv
from plate_runtime.errors import DeviceError

# Cameras lose single frames. So many lost frames in a row, or one after a long wait, mean that it was unplugged.
_LOST = 3
_LONG_WAIT = 1.0


class UsbCamera(Source):
    """A camera, by number or device file. `dropped` counts the frames that the rate limit skips."""

    def __init__(self, name: str, rate_limit: FrameRateLimit | None = None, size: tuple[int, int] = USUAL_SIZE) -> None:
        """Take "0" or "/dev/video0", and the width and height to ask for.

        Raises:
            MissingPartError: OpenCV is not installed.
        """
        self.name = name
        self._size = size
        self.rate_limit = self._limit = rate_limit or FrameRateLimit()
        self._cv2 = require_opencv("a camera")
        self._capture: Any = None

    def frames(self) -> Frames:
        """Yield frames as they come. Raises DeviceError where the camera is missing or lost."""
        capture = self._open()
        index = lost = 0
        while lost < _LOST:
            wanted = self._limit.is_due()
            asked = time.monotonic()
            # Every frame has to be taken from the driver, but not decoded.
            found, bgr = self._read(capture) if wanted else (capture.grab(), None)
            if wanted and found and bgr is not None and bgr.size:
                yield Frame(self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB), index, datetime.now(UTC))
            elif found and not wanted:
                self._dropped += 1
            else:
                lost += _LOST if time.monotonic() - asked > _LONG_WAIT else 1
                continue
            index += 1
            lost = 0
        raise DeviceError(f"camera {self.name} sends no more pictures; is it still plugged in?")

    def close(self) -> None:
        """Release the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _read(self, capture: Any) -> tuple[bool, Any]:
        try:
            found, bgr = capture.read()
        except self._cv2.error:  # an incomplete picture
            return False, None
        return bool(found), bgr

    def _open(self) -> Any:
        self._check_device()
        self._capture = self._cv2.VideoCapture(self._number())
        if not self._capture.isOpened():
            raise DeviceError(f"camera {self.name} cannot be opened; another program may be using it")
        # Most cameras start with a quarter of this size, in a format whose bandwidth allows few pictures a second.
        self._capture.set(self._cv2.CAP_PROP_FOURCC, self._cv2.VideoWriter_fourcc(*"MJPG"))
        self._capture.set(self._cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        self._capture.set(self._cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        # V4L2 buffers four frames by default, so that the newest would be old.
        self._capture.set(self._cv2.CAP_PROP_BUFFERSIZE, 1)
        return self._capture

    def _number(self) -> int:
        # Names such as /dev/v4l/by-id/... are links to a numbered device.
        digits = self.name if self.name.isdecimal() else os.path.realpath(self.name).removeprefix("/dev/video")
        if not digits.isdecimal():
            raise DeviceError(f"{self.name} is not a camera; cameras are /dev/videoN")
        return int(digits)

    def _check_device(self) -> None:
        """Raise DeviceError with the reason why a device file cannot be used; OpenCV gives no reason."""
        if not sys.platform.startswith("linux"):
            return
        device = Path(f"/dev/video{self.name}" if self.name.isdecimal() else self.name)
        if not device.exists():
            found = sorted(str(path) for path in Path("/dev").glob("video*"))
            raise DeviceError(f"there is no camera {device}; found: {', '.join(found) or 'no camera'}")
        if not os.access(device, os.R_OK | os.W_OK):
            raise DeviceError(f"{device} cannot be used by this user; add the user to the group 'video'")
