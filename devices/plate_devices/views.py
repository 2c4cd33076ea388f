"""What of a frame is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.base import Frame, Region


class View(NamedTuple):
    """A frame, turned upright, and the part of it that is read: all of it, or a region of it."""

    frame: Frame
    part: NDArray[np.uint8]
    region: Region | None
