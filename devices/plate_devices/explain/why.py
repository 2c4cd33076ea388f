"""The likeliest cause why a picture was not read well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from plate_devices.explain.causes import CLOSER, LEVEL, TILTED, TOO_SMALL, Cause, of_light, of_plate, of_sharpness
from plate_devices.explain.picture_quality import FrameQuality, measure_frame, measure_plate
from plate_devices.explain.trials import Sight, Trials, sights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.networks import Networks
    from plate_runtime.results import Corners
    from plate_runtime.steps import Steps

READ_WELL = 0.8
"""Product of the confidences of detection and reading from which no cause is looked for."""

# Chosen with `benchmarks/explain.py --choose`.
_SUSPECT, _SURELY, _FAR_BEYOND = 0.5, 0.95, 1.3
"""Confidences of a detection from which measures count that are far beyond a limit, or just beyond it."""
_READ = 0.5
"""Least product of a plate that is read after one trouble was undone."""
_SMALL_PLATE, _WIDEST_SMALL, _IN_CLOSE_UP = 0.75, 36.0, 0.4
"""Of a small plate: least confidence and greatest width in an enlarged part, and least confidence in a close-up."""
_AT_EDGE = 0.1
"""Distance from the edge, in widths of a plate, below which it is cut off."""
_CUT_TEXT, _CUT_PLATE, _CUT_LENGTH = 0.04, 0.6, 2
"""Least product, or else confidence of the detection, and least characters of what is left of a plate at the edge."""
_WIDEST_UNREAD = 0.3
"""Fraction of the picture's width beyond which a detection at the edge without a likely text is a wall or a road."""
_ONE_PLATE = 0.45
"""Fraction of the picture's width beyond which a detection is no plate in a frame."""


def find_cause(
    gray: NDArray[np.uint8],
    steps: Steps,
    reader: Networks | None = None,
    region: str | None = None,
    whole: NDArray[np.uint8] | None = None,
) -> Cause | None:
    """Return why a picture was not read well; None if it was, or if nothing is wrong with a plate that was read.

    Args:
        gray: the picture, uint8 (h, w): of the ROI, if there is one.
        steps: of its reading.
        reader: reads it again with one trouble undone; None if that takes too long. Then a tilted or very small plate
            may count as none.
        region: that the picture was read with.
        whole: the frame around the ROI, gray uint8 (h, w), without an ROI None.
    """
    if max((sight.product for sight in sights(steps)), default=0.0) >= READ_WELL and steps.plates:
        return None
    frame = measure_frame(gray)
    if steps.read_as != "frame":
        return _of_crop(gray, steps)
    cause = of_light(frame) or _outside(whole, reader, region) or of_sharpness(frame)
    cause = cause or _of_suspects(gray, sights(steps))
    if cause is not None or steps.plates:
        return cause
    if reader is not None:
        cause = _by_trials(gray, Trials(reader, gray, region))
    return cause or _no_plate(steps, frame)


def _of_crop(gray: NDArray[np.uint8], steps: Steps) -> Cause | None:
    """Return what is wrong with a picture that is one plate."""
    height, width = gray.shape
    corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    quality = measure_plate(gray, corners, is_whole=True)
    if quality is not None and (causes := of_plate(quality)):
        return causes[0]
    return of_light(measure_frame(gray)) or (None if steps.plates else _NOT_READ)


_NOT_READ = Cause(
    "no plate",
    "nothing is wrong with the measures of the picture, but no text is likely enough",
    "check that it shows one upright plate; give its --region; unusual lettering needs training",
)


def _of_suspects(gray: NDArray[np.uint8], found: Sequence[Sight]) -> Cause | None:
    """Return what is wrong with the most likely plate."""
    if (cut := _cut_off(gray, found)) is not None:
        return cut
    for sight in found:
        if sight.detected < _SUSPECT or _across(sight.corners) > _ONE_PLATE * gray.shape[1]:
            continue
        quality = measure_plate(gray, sight.corners)
        causes = [] if quality is None else of_plate(quality)
        if causes and (causes[0].factor >= _FAR_BEYOND or sight.detected >= _SURELY):
            return causes[0]
    return None


def _cut_off(gray: NDArray[np.uint8], found: Sequence[Sight]) -> Cause | None:
    height, width = gray.shape
    for sight in found:
        text = "" if sight.plate is None else sight.plate.text
        across = _across(sight.corners)
        if len(text) < _CUT_LENGTH or across > _ONE_PLATE * width:
            continue
        if sight.product < _CUT_TEXT and (sight.detected < _CUT_PLATE or across > _WIDEST_UNREAD * width):
            continue
        (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*sight.corners, strict=True))
        gaps = {"left": left, "upper": top, "right": width - right, "lower": height - bottom}
        edge = min(gaps, key=lambda name: gaps[name])
        if gaps[edge] < _AT_EDGE * across:
            fact = f"the plate is cut off by the {edge} edge: {text} is left of it"
            return Cause("cut off", fact, "turn the camera, zoom out, or wait until the vehicle is in the picture")
    return None


def _outside(whole: NDArray[np.uint8] | None, reader: Networks | None, region: str | None) -> Cause | None:
    """Return that a plate is read in the whole frame, but not in its ROI."""
    if whole is None or reader is None:
        return None
    plates = reader.read(whole, "frame", region=region)
    if not plates:
        return None
    x, y, across, down = plates[0].box
    fact = f"the plate {plates[0].text} is outside the ROI, at {x},{y},{across},{down}"
    return Cause("outside the ROI", fact, "enlarge the ROI, or read without one")


def _by_trials(gray: NDArray[np.uint8], trials: Trials) -> Cause | None:
    """Return the trouble that hides the plate: with it undone, a plate is detected."""
    rotated = [sight for found in trials.rotated() for sight in found[:1]]
    best = max(rotated, key=lambda sight: sight.product, default=None)
    if best is not None and best.plate is not None and best.product >= _READ:
        tilt = abs(_tilt(best.corners))
        if tilt > TILTED:
            fact = f"the plate is tilted by {tilt:.0f} degrees: {best.plate.text} is read if the picture is rotated"
            return Cause("tilted", fact, LEVEL, tilt / TILTED)
    clearer = [sight for sight in trials.with_contrast() if sight.product >= _READ]
    if clearer and (cause := _of_suspects(gray, clearer)) is not None:
        return cause
    if (cut := _cut_off(gray, trials.with_margin())) is not None:
        return cut
    enlarged = trials.enlarged()
    small = [one for one in enlarged if one.detected >= _SMALL_PLATE and _across(one.corners) < _WIDEST_SMALL]
    best = max(small, key=lambda sight: sight.detected, default=None)
    if best is not None and trials.close_up(best) >= _IN_CLOSE_UP:
        width = _across(best.corners)
        return Cause("small", f"the plate is {width:.0f} pixels wide", CLOSER, TOO_SMALL / width)
    return _cut_off(gray, [sight for sight in enlarged if sight.product >= _READ])


def _no_plate(steps: Steps, frame: FrameQuality) -> Cause:
    best = max(sights(steps), key=lambda sight: sight.product, default=None)
    if best is None or best.plate is None:
        fact = f"nothing in the picture looks like a plate (sharpness {frame.sharpness:.0f}, light {frame.middle:.0f})"
        return Cause("no plate", fact, "check that a vehicle's plate is in view, and not covered or dirty")
    fact = f"what looks most like a plate, {best.plate.text}, is not likely enough ({best.product:.2f})"
    return Cause("no plate", fact, "if it is a plate, give its --region, or a lower --min-confidence")


def _across(corners: Corners) -> float:
    return max(1.0, math.dist(*corners[:2]))


def _tilt(corners: Corners) -> float:
    (ax, ay), (bx, by) = corners[:2]
    return math.degrees(math.atan2(by - ay, bx - ax))
