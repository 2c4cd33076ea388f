"""What may be wrong with a picture of a plate, by its measures, and what to do about it.

The live page, `plate-doctor --camera` and `plate-infer --explain` use these limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.explain.picture_quality import FrameQuality, PlateQuality

# The shipped reader was trained with plates 60 to 340 pixels wide (docs/model-cards/plate-reader.md).
TOO_SMALL, SMALL, LARGE = 60, 90, 400
# From about here on it misreads synthetic plates 60 to 264 pixels wide, out of focus and in motion.
BLURRED, SMEARED = 0.0225, 0.03
# Vertical edges that are so many times wider than horizontal ones mean motion.
MOVING = 1.7
TILTED = 12.0
DIM, BLEACHED, PALE = 80.0, 140.0, 50.0
_SHARPEST_EDGE = 3.5
"""Pixels. In small plates sharp edges are as wide, so they are not blurred but small."""

# Of whole frames. They were chosen with `benchmarks/explain.py --choose`, like the limits of `explain.why`.
FRAME_DARK, FRAME_GLARE, FRAME_PALE = 40.0, 0.6, 28.0
FRAME_BLURRED, FRAME_MOVING = 11.0, 1.8

CLOSER = "move closer, zoom in, or use a larger picture"
FOCUS = "turn the focus ring until sharpness is highest"
SHORTER = "reduce the exposure (1/500 s or less), and add light"
LIGHTER, DARKER = "increase the exposure, or add light", "reduce the exposure, or turn away from the light"
CLEARER = "check for glare, haze or a dirty lens"
LEVEL = "level the camera, or place it more in front of the vehicles"


class Cause(NamedTuple):
    """What is wrong, and what to do.

    Attributes:
        name: "small", "focus", "motion", "dark", "bright", "low contrast", "tilted", "cut off", "no plate" or
            "outside the ROI".
        fact: what was measured, without a full stop.
        remedy: what to do.
        factor: how many times the measure is beyond its limit.
    """

    name: str
    fact: str
    remedy: str
    factor: float = 1.0


def of_plate(plate: PlateQuality, subject: str = "the plate is") -> list[Cause]:
    """Return what is wrong with a plate, the worst first; `subject` begins the facts: "plates are" for several."""
    return sorted(_of_plate(plate, subject), key=lambda cause: -cause.factor)


def _of_plate(plate: PlateQuality, subject: str) -> Iterator[Cause]:
    if plate.width < TOO_SMALL:
        yield Cause("small", f"{subject} {plate.width:.0f} pixels wide", CLOSER, TOO_SMALL / plate.width)
    moving = plate.smear > MOVING
    edge = plate.blur * plate.width
    if moving and plate.blur > SMEARED and edge > _SHARPEST_EDGE:
        fact = f"{subject} smeared by motion over {edge:.0f} pixels"
        yield Cause("motion", fact, SHORTER, plate.blur / SMEARED)
    if not moving and plate.blur > BLURRED and edge > _SHARPEST_EDGE:
        fact = f"{subject} out of focus: edges are {edge:.0f} pixels wide"
        yield Cause("focus", fact, FOCUS, plate.blur / BLURRED)
    if plate.dark > BLEACHED:
        yield Cause("bright", f"{subject} overexposed", DARKER, (255 - BLEACHED) / max(1.0, 255 - plate.dark))
    if plate.light < DIM:
        yield Cause("dark", f"{subject} dark", LIGHTER, DIM / max(1.0, plate.light))
    elif plate.light - plate.dark < PALE:
        fact = f"{subject} low in contrast: {plate.light - plate.dark:.0f} of 255 levels"
        yield Cause("low contrast", fact, CLEARER, PALE / max(1.0, plate.light - plate.dark))
    if abs(plate.tilt) > TILTED:
        yield Cause("tilted", f"{subject} tilted by {abs(plate.tilt):.0f} degrees", LEVEL, abs(plate.tilt) / TILTED)


def of_light(frame: FrameQuality) -> Cause | None:
    """Return what is wrong with the light of a whole frame."""
    if frame.light < FRAME_DARK:
        fact = f"the picture is dark: 99 % of it below {frame.light:.0f} of 255 levels"
        return Cause("dark", fact, LIGHTER, FRAME_DARK / max(1.0, frame.light))
    if frame.glare > FRAME_GLARE:
        fact = f"{frame.glare:.0%} of the picture is overexposed"
        return Cause("bright", fact, DARKER, frame.glare / FRAME_GLARE)
    if frame.light - frame.dark < FRAME_PALE:
        fact = f"the picture has little contrast: {frame.light - frame.dark:.0f} of 255 levels"
        return Cause("low contrast", fact, CLEARER, FRAME_PALE / max(1.0, frame.light - frame.dark))
    return None


def of_sharpness(frame: FrameQuality) -> Cause | None:
    """Return whether a whole frame is blurred."""
    if frame.sharpness > FRAME_BLURRED:
        return None
    if frame.rows > FRAME_MOVING * frame.sharpness:
        fact = f"the picture is smeared by motion: sharpness {frame.sharpness:.0f} along it, {frame.rows:.0f} across"
        return Cause("motion", fact, SHORTER, FRAME_BLURRED / max(0.1, frame.sharpness))
    fact = f"nothing in the picture is sharp: sharpness {frame.sharpness:.0f} of 100"
    return Cause("focus", fact, FOCUS, FRAME_BLURRED / max(0.1, frame.sharpness))
