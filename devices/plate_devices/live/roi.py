"""The part of a frame that is read: rotation, crop to the ROI, and translation of its plates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.sources.source import Frame, Roi
    from plate_runtime.results import Plate


class RoiError(UsageError):
    """The --roi lies outside a picture; other pictures may be larger."""


class View(NamedTuple):
    """A rotated frame, and the part of it that is read: its ROI, or all of it."""

    frame: Frame
    part: NDArray[np.uint8]
    roi: Roi | None


class Reading(NamedTuple):
    """What was read in a frame.

    Attributes:
        plates: in pixels of the whole frame.
        elapsed: milliseconds that reading took.
        unread: boxes of possible plates that were not read, if privacy has to mask them.
    """

    plates: list[Plate]
    elapsed: float
    unread: Sequence[Roi] = ()


class KeptFrame(NamedTuple):
    """The best frame of a vehicle, for its picture.

    Attributes:
        view: the frame.
        reading: of all plates in it.
        plate_box: rectangle that is one plate, read or not; None if there is none.
    """

    view: View
    reading: Reading
    plate_box: Roi | None


def rotate(frame: Frame, steps: int) -> Frame:
    """Rotate a frame clockwise."""
    if not steps:
        return frame
    import numpy as np

    return frame._replace(rgb=np.ascontiguousarray(np.rot90(frame.rgb, -steps)))


def crop(frame: Frame, roi: Roi | None, name: str) -> NDArray[np.uint8]:
    """Return the part of a frame to read. Raises RoiError if the ROI does not lie in the frame."""
    if roi is None:
        return frame.rgb
    import numpy as np

    x, y, width, height = roi
    have_height, have_width = frame.rgb.shape[:2]
    if x + width > have_width or y + height > have_height:
        wanted = ",".join(map(str, roi))
        raise RoiError(f"--roi {wanted} does not fit {name}, which is {have_width}x{have_height} pixels")
    return np.ascontiguousarray(frame.rgb[y : y + height, x : x + width])


def translate(plate: Plate, roi: Roi | None) -> Plate:
    """Return a plate of an ROI in pixels of the whole frame."""
    if roi is None:
        return plate
    from dataclasses import replace

    (x, y), (left, top, width, height) = roi[:2], plate.box
    corners = tuple((across + x, down + y) for across, down in plate.corners)
    return replace(plate, box=(left + x, top + y, width, height), corners=corners)
