"""The protocol of all sources of pictures, and one frame."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.frame_rate_limit import FrameRateLimit

Roi = tuple[int, int, int, int]
"""x, y, width and height of a rectangle in pixels; the origin is top left."""

USUAL_SIZE = (1280, 720)
"""Width and height that a camera is asked for by default."""


class Frame(NamedTuple):
    """One picture of a source.

    Attributes:
        rgb: uint8 (height, width, 3).
        number: index of the frame in its source, from 0. Frames that were dropped or skipped are counted.
        time: when it was captured, in UTC; None where that is unknown, as for files.
        seconds: since the first frame, by the time stamps of a video; None for live sources and pictures.
    """

    rgb: NDArray[np.uint8]
    number: int
    time: datetime | None
    seconds: float | None = None


Frames = Generator[Frame, None, None]
"""The frames of a source; closing the generator ends the reading."""


class SourceListener(Protocol):
    """Follows the state of a live source. It is called in the thread that asks for frames."""

    def report(self, message: str) -> None:
        """Take a message of one line: the source is lost, or back."""
        ...

    def waiting(self) -> None:
        """Called about four times a second while there is no frame."""
        ...


class Source(Protocol):
    """A source of frames. Sources inherit from this class, for its defaults.

    Attributes:
        name: the source's name in records; never holds a password.
        still: True for a source of one picture.
        default_roi: where the plate is in every frame, for a source that knows it; else None.
        rate_limit: limits which frames are decoded; None for a source that cannot be slowed down.
        listener: is called by sources that are lost and come back.
    """

    name: str
    still: bool = False
    default_roi: Roi | None = None
    rate_limit: FrameRateLimit | None = None
    listener: SourceListener | None = None
    _dropped: int = 0

    @property
    def dropped(self) -> int:
        """Number of frames so far that came and were not handed on."""
        return self._dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment, in a few words; "" while frames come."""
        return ""

    @property
    def decoding(self) -> str:
        """Which frames are decoded while the processor is busy: "as read", "key frames"; "" for all."""
        return ""

    def frames(self) -> Frames:
        """Yield frames until the source ends.

        Raises:
            InputError: a file cannot be read, or ends too early.
            DeviceError: a camera is missing or was lost.
        """
        ...

    def interrupt(self) -> None:
        """End a wait of `frames`, from another thread. Sources that never wait for long need not do anything."""
        return

    def close(self) -> None:
        """Release the file or device; called once, also after an error."""
        return


def require_opencv(what: str) -> Any:
    """Return the module cv2. Raises MissingPartError where it is not installed; `what` names the use."""
    import os

    # OpenCV and FFmpeg print warnings; they read these variables once, at import.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # Seconds until a USB camera that sends nothing counts as lost. OpenCV's default is 10.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")
    try:
        import cv2
    except ImportError as error:
        raise missing_extra(f"{what} needs OpenCV", "camera") from error
    return cv2


def require_av(what: str) -> Any:
    """Return the module av. Raises MissingPartError where it is not installed; `what` names the use."""
    try:
        import av
    except ImportError as error:
        raise missing_extra(f"{what} needs PyAV", "camera") from error
    return av
