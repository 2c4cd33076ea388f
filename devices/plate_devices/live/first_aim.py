"""Whether a camera is aimed well: a plate is read in one of a few frames, or the likeliest cause is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_devices.explain.explanation import Explanation, explain
from plate_devices.health.findings import Finding
from plate_devices.live.roi import crop, rotate
from plate_devices.open_models import open_reader
from plate_runtime.errors import PlateEdgeError
from plate_runtime.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.explain.explanation import Candidate
    from plate_devices.networks import Networks
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Roi


class _Look(NamedTuple):
    """A frame, uint8 (h, w, 3), that was read, and its explanation from measures alone."""

    rgb: NDArray[np.uint8]
    roi: Roi | None
    steps: Steps
    explanation: Explanation

    @property
    def promise(self) -> float:
        """How confidently anything is detected."""
        return max((one.detected for one in self.explanation.candidates), default=0.0)


def aim(options: InferOptions, frames: Sequence[Frame], default_roi: Roi | None = None) -> Finding:
    """Read frames of a camera with its options; say what is read, or the likeliest cause and its remedy.

    Args:
        options: of the camera. frames: at least one.
        default_roi: where the plate is in every frame, for a source that knows it.
    """
    try:
        with open_reader(options) as reader:
            looks = [_look(options, reader, frame, default_roi) for frame in frames]
            plates = [(look, one) for look in looks for one in look.explanation.candidates if one.state == "returned"]
            if plates:
                look, best = max(plates, key=lambda found: found[1].product)
                return Finding("aim", "ok", _describe(best, hides_text=options.hides_plates))
            look = max(looks, key=lambda one: one.promise)
            cause = explain(look.rgb, look.roi, look.steps, reader=reader, region=options.region).cause
    except PlateEdgeError as error:
        return Finding("aim", "note", f"no frame was read: {error}")
    if cause is None or cause.name == "no plate":
        return Finding(
            "aim", "note", "no plate is in the picture", "put a vehicle where they will stop, and run this again"
        )
    fact = cause.name if options.hides_plates else cause.fact  # a fact may hold the text of a plate
    return Finding("aim", "warning", f"no plate is read: {fact}", cause.remedy)


def _look(options: InferOptions, reader: Networks, frame: Frame, default_roi: Roi | None) -> _Look:
    frame = rotate(frame, options.rotation)
    roi = options.roi_or(default_roi)
    part, steps = crop(frame, roi, options.camera or "the camera"), Steps()
    reader.read(part, options.frames_read_as, region=options.region, min_confidence=options.min_confidence, steps=steps)
    return _Look(frame.rgb, roi, steps, explain(frame.rgb, roi, steps, region=options.region))


def _describe(one: Candidate, hides_text: bool) -> str:
    x, y = (min(axis) for axis in zip(*one.corners, strict=True))
    text = "a plate" if hides_text or one.plate is None else one.plate.text
    return f"reads {text} at {x:.0f},{y:.0f}, {one.width:.0f} pixels wide (confidence {one.product:.2f})"
