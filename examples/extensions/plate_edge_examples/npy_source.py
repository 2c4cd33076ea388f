"""A source that reads frames from a NumPy file, uint8 (n, height, width, 3) in RGB: `--camera npy:frames.npy`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from plate_devices.sources.source import Frame
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.open_camera import Wanted
    from plate_devices.sources.source import Source


class NpySource:
    """Yields the frames of one file, as a camera would."""

    still = False
    default_roi = None
    dropped = 0
    state = ""

    def __init__(self, name: str, path: str) -> None:
        self.name, self._path = name, path

    def frames(self) -> Iterator[Frame]:
        """Yield the frames. Raises DeviceError if the file holds none."""
        try:
            pictures = np.load(self._path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self._path} cannot be read as a NumPy file: {error}") from error
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            raise DeviceError(f"{self._path} holds {pictures.dtype} {pictures.shape}, not uint8 (n, height, width, 3)")
        for number, picture in enumerate(pictures):
            yield Frame(np.array(picture), number, datetime.now(UTC))

    def close(self) -> None:
        """Nothing stays open."""


def open_npy(name: str, rest: str, wanted: Wanted) -> Source:  # noqa: ARG001 - a file has no rate and no size to ask for
    """Open `npy:FILE`; `rest` is FILE, `wanted` what the command line asks of a camera."""
    return NpySource(name, rest)
