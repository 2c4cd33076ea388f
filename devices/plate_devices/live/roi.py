"""What of a frame is read: all of it, or a region, turned upright."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.source import Frame, Region
    from plate_runtime.reader import Plate


class RegionError(UsageError):
    """The --roi lies outside a picture; other pictures may be larger."""


class View(NamedTuple):
    """A frame, turned upright, and the part of it that is read: all of it, or a region of it."""

    frame: Frame
    part: NDArray[np.uint8]
    region: Region | None


def turn(frame: Frame, quarter_turns: int) -> Frame:
    """Turn a frame clockwise."""
    if not quarter_turns:
        return frame
    import numpy as np

    return frame._replace(rgb=np.ascontiguousarray(np.rot90(frame.rgb, -quarter_turns)))


def cut(frame: Frame, region: Region | None, name: str) -> NDArray[np.uint8]:
    """Return the part of a frame to read. Raises RegionError where the region does not lie in it."""
    if region is None:
        return frame.rgb
    import numpy as np

    x, y, width, height = region
    have_height, have_width = frame.rgb.shape[:2]
    if x + width > have_width or y + height > have_height:
        wanted = ",".join(map(str, region))
        raise RegionError(f"--roi {wanted} does not fit {name}, which is {have_width}x{have_height} pixels")
    return np.ascontiguousarray(frame.rgb[y : y + height, x : x + width])


def moved(plate: Plate, region: Region | None) -> Plate:
    """Return a plate that was read in a region in pixels of the whole frame."""
    if region is None:
        return plate
    from dataclasses import replace

    (x, y), (left, top, width, height) = region[:2], plate.box
    corners = tuple((across + x, down + y) for across, down in plate.corners)
    return replace(plate, box=(left + x, top + y, width, height), corners=corners)
