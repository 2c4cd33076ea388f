"""USB cameras through OpenCV."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.sources.frame_rate import Pace
from plate_devices.sources.source import USUAL_SIZE, Frame, Roi, require_opencv
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A camera now and then loses a frame; one that loses this many in a row, or one after a long wait, was unplugged.
_LOST = 3
_LONG = 1.0


class UsbCamera:
    """A camera by number, or by its device file.

    Attributes:
        dropped: frames that `pace` leaves out.
    """

    still = False
    state = ""
    default_roi: Roi | None = None

    def __init__(self, name: str, pace: Pace | None = None, size: tuple[int, int] = USUAL_SIZE) -> None:
        """Take "0", or "/dev/video0", how often a frame is wanted, and the width and height to ask for.

        Raises:
            MissingPartError: OpenCV is not installed.
        """
        self.name = name
        self._size = size
        self.dropped = 0
        self._pace = pace or Pace()
        self._cv2 = require_opencv("a camera")
        self._capture: Any = None

    def frames(self) -> Iterator[Frame]:
        """Yield frames as they come. Raises DeviceError where the camera is missing, or goes away."""
        capture = self._open()
        index = lost = 0
        while lost < _LOST:
            wanted = self._pace.takes()
            asked = time.monotonic()
            # Taken off the cable it has to be; decoding it is another matter.
            found, bgr = self._read(capture) if wanted else (capture.grab(), None)
            if wanted and found and bgr is not None and bgr.size:
                yield Frame(self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB), index, datetime.now(UTC))
            elif found and not wanted:
                self.dropped += 1
            else:
                lost += _LOST if time.monotonic() - asked > _LONG else 1
                continue
            index += 1
            lost = 0
        raise DeviceError(f"camera {self.name} no longer gives pictures; is it still plugged in?")

    def close(self) -> None:
        """Give the camera back."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _read(self, capture: Any) -> tuple[bool, Any]:
        try:
            found, bgr = capture.read()
        except self._cv2.error:  # a picture that the camera has sent by half
            return False, None
        return bool(found), bgr

    def _open(self) -> Any:
        self._check_device()
        self._capture = self._cv2.VideoCapture(self._number())
        if not self._capture.isOpened():
            raise DeviceError(f"camera {self.name} cannot be opened; another program may be using it")
        # Most cameras start with a quarter of this, in a format that fills the cable with few pictures a second.
        self._capture.set(self._cv2.CAP_PROP_FOURCC, self._cv2.VideoWriter_fourcc(*"MJPG"))
        self._capture.set(self._cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        self._capture.set(self._cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        # Without this V4L2 keeps four frames back, and the newest is not new.
        self._capture.set(self._cv2.CAP_PROP_BUFFERSIZE, 1)
        return self._capture

    def _number(self) -> int:
        # Names such as /dev/v4l/by-id/... are links to a numbered device.
        digits = self.name if self.name.isdecimal() else os.path.realpath(self.name).removeprefix("/dev/video")
        if not digits.isdecimal():
            raise DeviceError(f"{self.name} is no camera; cameras are /dev/videoN")
        return int(digits)

    def _check_device(self) -> None:
        """Say what is wrong with a device file; OpenCV only says that it did not work."""
        if not sys.platform.startswith("linux"):
            return
        device = Path(f"/dev/video{self.name}" if self.name.isdecimal() else self.name)
        if not device.exists():
            there = sorted(str(path) for path in Path("/dev").glob("video*"))
            raise DeviceError(f"there is no camera {device}; found: {', '.join(there) or 'no camera at all'}")
        if not os.access(device, os.R_OK | os.W_OK):
            raise DeviceError(f"{device} may not be used by this user; add the user to the group 'video'")
