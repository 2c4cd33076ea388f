"""A folder of pictures as if a camera had taken them one after the other, in the order of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.sources.folder_walk import walk
from plate_devices.sources.source import Frame, Roi
from plate_devices.sources.video_formats import is_video
from plate_runtime.errors import InputError
from plate_runtime.pictures.open_picture import CAMERA, FILES, open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIMITS = FILES._replace(pixels=CAMERA.pixels)
# As large as a camera's: the frame before is still held while the next one is decoded.


class FolderDrive:
    """The pictures of a folder and of the folders in it. A folder waits, so no frame is dropped."""

    still = False
    dropped = 0
    state = ""
    default_roi: Roi | None = None

    def __init__(self, folder: str, fps: float | None = None, leave_out: set[Path] | None = None) -> None:
        """Take the folder; `fps` says how many of its pictures were a second, all of them are read."""
        self.name = folder
        self._fps = fps
        self._leave_out = leave_out or set()

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures. Raises InputError at the end, or at once where there are none, if any cannot be read."""
        broken: list[InputError] = []
        number = -1
        for path in walk(self.name, self._leave_out):
            if is_video(path):
                continue
            number += 1
            try:
                rgb = open_picture(path, limits=_LIMITS).rgb
            except InputError as error:
                broken.append(error)
                continue
            yield Frame(rgb, number, None, number / self._fps if self._fps else None)
        if number < 0:
            raise InputError(f"{self.name} holds no pictures; to wait for some, use --camera watch:{self.name}")
        if broken:
            raise InputError(f"{len(broken)} of {number + 1} pictures were not read; {broken[0]}")

    def close(self) -> None:
        """Nothing stays open."""
