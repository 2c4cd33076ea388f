"""A source that reads frames from a NumPy file, uint8 (n, height, width, 3) in RGB: `--camera npy:frames.npy`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from plate_devices.sources.source import Frame, Source
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from plate_devices.sources.open_camera import SourceOptions
    from plate_devices.sources.source import Frames


class NpySource(Source):
    """Yields the frames of one file, as a camera would."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self._path = name, path

    def frames(self) -> Frames:
        """Yield the frames. Raises DeviceError if the file holds none."""
        try:
            pictures = np.load(self._path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self._path} cannot be read as a NumPy file: {error}") from error
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            raise DeviceError(f"{self._path} holds {pictures.dtype} {pictures.shape}, not uint8 (n, height, width, 3)")
        for number, picture in enumerate(pictures):
            yield Frame(np.array(picture), number, datetime.now(UTC))


def open_npy(name: str, rest: str, options: SourceOptions) -> Source:  # noqa: ARG001
    """Open `npy:FILE`; `rest` is FILE, a file needs none of the `options`."""
    return NpySource(name, rest)
