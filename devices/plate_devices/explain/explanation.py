"""The steps of a reading in pixels of the whole frame, with the rule that dropped each, and the likeliest cause."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plate_devices.explain.picture_quality import FrameQuality, PlateQuality, measure_frame, measure_plate
from plate_devices.explain.why import find_cause
from plate_runtime.search import joint_confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from plate_devices.explain.causes import Cause
    from plate_devices.networks import Networks
    from plate_devices.sources.source import Roi
    from plate_runtime.results import Corners, Detection, Plate
    from plate_runtime.steps import Steps
    from plate_runtime.tiles import View

MOST_UNREAD = 8
"""Detections below the threshold that are described, the most confident ones."""


class Candidate(NamedTuple):
    """One possible plate.

    Attributes:
        corners: in pixels of the whole frame. detected: confidence of the detection alone.
        crop: as it was read, gray uint8 (h, w); None if it was not read. plate: what was read; None without text.
        quality: of the crop; None if it cannot be measured.
        dropped: the rule that dropped it, "" if it was returned.
    """

    corners: Corners
    detected: float
    crop: NDArray[np.uint8] | None
    plate: Plate | None
    quality: PlateQuality | None
    dropped: str

    @property
    def width(self) -> float:
        """Pixels along its text."""
        return math.dist(*self.corners[:2])

    @property
    def height(self) -> float:
        """Pixels across its text."""
        return math.dist(self.corners[0], self.corners[3])

    @property
    def product(self) -> float:
        """Product of the confidences of detection and reading, 0..1; 0 where no text was read."""
        return joint_confidence(self.plate)

    @property
    def state(self) -> str:
        """What became of it: "returned"; "dropped" after it was read; or "unread"."""
        if self.crop is None:
            return "unread"
        return "dropped" if self.dropped else "returned"

    @property
    def title(self) -> str:
        """Its text, or that there is none."""
        if self.crop is None:
            return "not read"
        return "no text" if self.plate is None else self.plate.text


class Explanation(NamedTuple):
    """What was done with a picture.

    Attributes:
        size: width and height of the frame. roi: the part that was read, None for all of it.
        read_as: "frame", "plate" or "character". views: parts that the detector looked at, in pixels of the frame.
        least_detection, least_confidence: see `Steps`.
        candidates: returned plates and other readings first, then detections that were not read.
        frame: measures of the part that was read. cause: why nothing was read well, None if it was.
    """

    size: tuple[int, int]
    roi: Roi | None
    read_as: str
    views: Sequence[View]
    least_detection: float
    least_confidence: float
    candidates: Sequence[Candidate]
    frame: FrameQuality
    cause: Cause | None

    def describe(self) -> dict[str, Any]:
        """Return the explanation as a JSON object, without pictures."""
        return {
            "width": self.size[0], "height": self.size[1], "roi": self.roi, "read_as": self.read_as,
            "views": [list(view[:4]) for view in self.views],
            "thresholds": {"detection": round(self.least_detection, 4), "product": round(self.least_confidence, 4)},
            "frame": self.frame.describe(),
            "candidates": [_describe(one) for one in self.candidates],
            "cause": None if self.cause is None else
            {"name": self.cause.name, "fact": self.cause.fact, "remedy": self.cause.remedy},
        }  # fmt: skip


def explain(
    rgb: NDArray[np.uint8],
    roi: Roi | None,
    steps: Steps,
    *,
    reader: Networks | None = None,
    region: str | None = None,
) -> Explanation:
    """Explain the reading of a frame.

    Args:
        rgb: the frame, uint8 (h, w, 3). roi: the part of it that was read, None for all of it.
        steps: of the reading of that part.
        reader, region: see `why.find_cause`; it reads the picture up to forty times.
    """
    from plate_runtime.pictures.open_picture import open_picture

    gray = open_picture(part_of(rgb, roi)).gray()
    whole = open_picture(rgb).gray() if roi is not None and reader is not None else None
    left, top = roi[:2] if roi is not None else (0, 0)
    candidates = [
        _read(one, plate, crop, steps, gray) for (one, plate), crop in zip(steps.found, steps.crops, strict=True)
    ] + [_unread(one, steps, gray) for one in steps.unread[:MOST_UNREAD]]
    return Explanation(
        size=(rgb.shape[1], rgb.shape[0]),
        roi=roi,
        read_as=steps.read_as,
        views=[view._replace(x=view.x + left, y=view.y + top) for view in steps.views],
        least_detection=steps.least_detection,
        least_confidence=steps.least_confidence,
        candidates=[one._replace(corners=tuple((x + left, y + top) for x, y in one.corners)) for one in candidates],
        frame=measure_frame(gray),
        cause=find_cause(gray, steps, reader, region, whole),
    )


def part_of(rgb: NDArray[np.uint8], roi: Roi | None) -> NDArray[np.uint8]:
    """Return the part of a frame, uint8 (h, w, 3), that is read."""
    if roi is None:
        return rgb
    x, y, width, height = roi
    return np.ascontiguousarray(rgb[y : y + height, x : x + width])


def _read(
    one: Detection, plate: Plate | None, crop: NDArray[np.uint8], steps: Steps, gray: NDArray[np.uint8]
) -> Candidate:
    quality = measure_plate(gray, one.corners, steps.read_as != "frame")
    return Candidate(one.corners, one.confidence, crop, plate, quality, _rule(plate, steps))


def _unread(one: Detection, steps: Steps, gray: NDArray[np.uint8]) -> Candidate:
    rule = f"the detection is below {steps.least_detection:.2f}, the detector's threshold"
    return Candidate(one.corners, one.confidence, None, None, measure_plate(gray, one.corners), rule)


def _rule(plate: Plate | None, steps: Steps) -> str:
    """Return the rule that dropped what was read; "" if it was returned."""
    if plate is None:
        return "no text is read there"
    if any(plate is one for one in steps.plates):
        return ""
    least = f"{steps.least_confidence:.2f}, the least confidence"
    if steps.read_as != "frame":
        return f"the reading ({plate.confidence:.2f}) is below {least}"
    return f"the product of both confidences ({joint_confidence(plate):.2f}) is below {least}"


def _describe(one: Candidate) -> dict[str, Any]:
    found: dict[str, Any] = {
        "corners": [[round(float(x), 1), round(float(y), 1)] for x, y in one.corners],
        "width": round(one.width), "height": round(one.height), "detected": round(one.detected, 4),
        "crop": None if one.crop is None else [one.crop.shape[1], one.crop.shape[0]],
        "quality": None if one.quality is None else one.quality.describe(),
        "dropped": one.dropped or None,
    }  # fmt: skip
    if one.plate is None:
        return found | {"text": None}
    plate = one.plate
    return found | {
        "text": plate.text, "raw_text": plate.raw_text, "confidence": round(plate.confidence, 4),
        "detection_confidence": round(plate.detection_confidence, 4),
        "product": round(one.product, 4),
        "characters": [
            {"text": c.text, "confidence": round(c.confidence, 4),
             "alternatives": [[text, round(value, 4)] for text, value in c.alternatives]}
            for c in plate.characters
        ],
    }  # fmt: skip
