"""What every source of pictures gives: the protocol, and one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

Roi = tuple[int, int, int, int]

USUAL_SIZE = (1280, 720)
"""Width and height that a camera is asked for where nobody says."""


class Frame(NamedTuple):
    """One picture of a source.

    Attributes:
        rgb: uint8 (height, width, 3).
        number: which frame of its source, from 0; frames that were dropped or left out are counted.
        time: when it was captured, in UTC; None where that is unknown, as for files.
        seconds: since the first frame of its film, by the film's own time stamps; None for live sources and pictures.
    """

    rgb: NDArray[np.uint8]
    number: int
    time: datetime | None
    seconds: float | None = None


class Source(Protocol):
    """Where frames come from.

    Attributes:
        name: what records call it; never holds a password.
        still: it gives one picture and no more.
        dropped: frames that came while an earlier one was still being read, so far.
        state: what is wrong at the moment, in a few words; "" while frames come.
        default_roi: x, y, width, height of the plate in every frame where the source knows it, else None.
    """

    name: str
    still: bool
    default_roi: Roi | None

    @property
    def dropped(self) -> int: ...

    @property
    def state(self) -> str: ...

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the source ends.

        Raises:
            InputError: a file cannot be read, or ends too early. DeviceError: a camera is missing or gone.
        """
        ...

    def close(self) -> None:
        """Let go of file or device; called once, also after an error."""
        ...


def require_opencv(what: str) -> Any:
    """Return the module cv2. Raises MissingPartError, naming `what` needs it, where it is not installed."""
    import os

    # Both libraries print warnings of their own beside our one line; they read these once, at import.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # Seconds until a USB camera that sends nothing counts as gone; OpenCV's own 10 are long at a gate.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")
    try:
        import cv2
    except ImportError as error:
        raise missing_extra(f"{what} needs OpenCV", "camera") from error
    return cv2


def require_av(what: str) -> Any:
    """Return the module av. Raises MissingPartError, naming `what` needs it, where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise missing_extra(f"{what} needs PyAV", "camera") from error
    return av
