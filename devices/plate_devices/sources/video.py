"""Video files, frame by frame, through OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.sources.base import Frame, Region, require_opencv
from plate_runtime.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

# These containers store how many frames they hold; for others OpenCV gives a guess.
_COUNTED = frozenset({".avi", ".m4v", ".mov", ".mp4"})
_ENOUGH = 0.9


class VideoFile:
    """A video file. No frame is dropped: a file waits. Opening is put off until frames are asked for.

    Attributes:
        rate: frames of each second of film; None until it was opened, and where the file does not say.
    """

    still = False
    dropped = 0
    state = ""
    default_roi: Region | None = None

    def __init__(self, path: str, fps: float | None = None) -> None:
        """Take a path and, where not every frame is wanted, how many of each second of film.

        Raises:
            MissingPartError: OpenCV is not installed.
        """
        self.name = path
        self.rate: float | None = None
        self._fps = fps
        self._cv2 = require_opencv(f"{path}: reading video")
        self._capture: Any = None

    def frames(self) -> Iterator[Frame]:
        """Yield the frames. Raises InputError where the file cannot be read, or ends before its last frame."""
        capture = self._open()
        step = self._step(capture)
        index = 0
        due = 0.0
        while capture.grab():
            if index >= due:
                found, bgr = capture.retrieve()
                if not found:
                    break
                yield Frame(self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB), index, None)
                due += step
            index += 1
        self._check_end(capture, index)

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()

    def _open(self) -> Any:
        try:
            with Path(self.name).open("rb") as stream:
                empty = not stream.read(1)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror or error}") from error
        if empty:
            raise InputError(f"{self.name} is empty")
        self._capture = self._cv2.VideoCapture(str(Path(self.name).absolute()))
        if not self._capture.isOpened():
            raise InputError(f"{self.name} is not a video that can be read")
        return self._capture

    def _step(self, capture: Any) -> float:
        """How many frames there are to one that is wanted."""
        self.rate = capture.get(self._cv2.CAP_PROP_FPS) or None
        return max(1.0, self.rate / self._fps) if self._fps and self.rate else 1.0

    def _check_end(self, capture: Any, read: int) -> None:
        promised = capture.get(self._cv2.CAP_PROP_FRAME_COUNT)
        counted = Path(self.name).suffix.lower() in _COUNTED
        if read == 0 or (counted and read < _ENOUGH * promised):
            raise InputError(f"{self.name} is damaged or truncated: {read} of {promised:.0f} frames could be read")
