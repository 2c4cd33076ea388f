"""A folder of pictures, read as the frames of one camera, in the order of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.sources.folder_walk import walk
from plate_devices.sources.source import Frame, Frames, Source
from plate_devices.sources.video_formats import is_video
from plate_runtime.errors import InputError
from plate_runtime.pictures.open_picture import CAMERA, FILES, open_picture

if TYPE_CHECKING:
    from pathlib import Path

_LIMITS = FILES._replace(pixels=CAMERA.pixels)
# At most as large as frames of a camera: the previous frame is in memory while the next one is decoded.


class FolderCamera(Source):
    """The pictures of a folder and its subfolders. No frame is dropped."""

    def __init__(self, folder: str, fps: float | None = None, leave_out: set[Path] | None = None) -> None:
        """Take the folder, and how many of its pictures were taken a second; all of them are read."""
        self.name = folder
        self._fps = fps
        self._leave_out = leave_out or set()

    def frames(self) -> Frames:
        """Yield the pictures. Raises InputError where there are none, or at the end if any could not be read."""
        broken, first = 0, None
        number = -1
        for path in walk(self.name, self._leave_out):
            if is_video(path):
                continue
            number += 1
            try:
                rgb = open_picture(path, limits=_LIMITS).rgb
            except InputError as error:
                broken, first = broken + 1, first or error  # the others would fill the memory
                continue
            yield Frame(rgb, number, None, number / self._fps if self._fps else None)
        if number < 0:
            raise InputError(f"{self.name} holds no pictures; to wait for pictures, use --camera watch:{self.name}")
        if broken:
            raise InputError(f"{broken} of {number + 1} pictures were not read; {first}")
