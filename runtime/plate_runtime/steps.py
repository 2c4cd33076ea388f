"""The steps of one reading: `PlateReader.read(picture, steps=Steps())` fills them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .rectify import rectify
from .results import Detection, Plate
from .tiles import View

if TYPE_CHECKING:
    from .search import FrameSearch


@dataclass
class Steps:
    """What `PlateReader.read` detected, cropped, read and returned. Each call needs a new object.

    Attributes:
        read_as: "frame", "plate" or "character"; for a picture read as "auto" the mode that was chosen.
        views: parts of the picture that the detector looked at, in order; empty without a detector.
        found: detections that were read, each with its plate; None where there is no text.
        crops: the rectified crops, gray uint8 (h, w), in the order of `found`.
        unread: detections below `least_detection`, which are not read, the most confident first.
        whole: the picture read as the crop of one plate, if the mode "auto" tried that; else None.
        least_detection: confidence from which a detection is read.
        least_confidence: confidence from which a plate is returned.
        plates: those that were returned.
    """

    read_as: str = ""
    views: Sequence[View] = ()
    found: Sequence[tuple[Detection, Plate | None]] = ()
    crops: Sequence[NDArray[np.uint8]] = ()
    unread: Sequence[Detection] = ()
    whole: Plate | None = None
    least_detection: float = 0.0
    least_confidence: float = 0.0
    plates: Sequence[Plate] = ()

    def keep_search(
        self, search: FrameSearch, found: Sequence[tuple[Detection, Plate | None]], whole: Plate | None
    ) -> None:
        """Keep what was detected, and read as "frame", or as the one plate `whole` that fills the picture."""
        self.read_as, self.views, self.least_detection = "frame", search.views, search.least
        self.found, self.whole, self.unread = found, whole, search.unread
        self.crops = [rectify(search.gray, one.corners) for one, _ in found]
        if whole is not None and any(plate is whole for _, plate in found):
            self.read_as, self.crops, self.unread = "plate", [search.gray], ()

    def keep_whole(self, as_: str, gray: NDArray[np.uint8], plate: Plate | None) -> None:
        """Keep what was read in a picture, gray uint8 (h, w), of one "plate" or "character"."""
        height, width = gray.shape
        corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
        self.read_as, self.found, self.crops = as_, [(Detection(corners, 1.0), plate)], [gray]
