"""An explanation as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.explain.explanation import Candidate, Explanation
    from plate_devices.explain.picture_quality import PlateQuality

_MOST_ALTERNATIVES = 3


def as_lines(name: str, explanation: Explanation) -> list[str]:
    """Return the explanation of a picture of this name."""
    width, height = explanation.size
    roi = f", ROI {','.join(map(str, explanation.roi))}" if explanation.roi else ""
    lines = [f"{name}: {width}x{height}{roi}, read as {explanation.read_as}"]
    frame = explanation.frame
    lines.append(
        f"  frame      sharpness {frame.sharpness:.0f} of 100, gray levels {frame.dark:.0f} to {frame.light:.0f}, "
        f"half below {frame.middle:.0f}, {frame.glare:.0%} overexposed"
    )
    if explanation.views:
        whole = [view for view in explanation.views if view[2:4] == explanation.views[0][2:4]]
        closer = len(explanation.views) - len(whole)
        more = f", and from closer at {closer} {'part' if closer == 1 else 'parts'} of it" if closer else ""
        lines.append(
            f"  detector   looked at the whole picture{more}; reads detections of {explanation.least_detection:.2f}"
        )
    for number, one in enumerate(explanation.candidates, 1):
        lines += _candidate(number, one)
    if not explanation.candidates:
        lines.append("  detected   nothing")
    returned = [one.plate.text for one in explanation.candidates if one.plate is not None and not one.dropped]
    lines.append(f"  result     {', '.join(returned) or 'no plate'}")
    if explanation.cause is not None:
        lines += [f"  cause      {explanation.cause.fact}", f"  remedy     {explanation.cause.remedy}"]
    return lines


def _candidate(number: int, one: Candidate) -> Iterator[str]:
    x, y = (min(axis) for axis in zip(*one.corners, strict=True))
    yield (
        f"  {number:<2}         detected {one.detected:.2f}, {one.width:.0f}x{one.height:.0f} pixels at {x:.0f},{y:.0f}"
    )
    if one.quality is not None:
        yield f"             {_measures(one.quality)}"
    if one.plate is not None:
        plate = one.plate
        raw = f" (network alone: {plate.raw_text})" if plate.raw_text != plate.text else ""
        product = plate.detection_confidence * plate.confidence
        yield (
            f"             read {plate.text} {plate.confidence:.2f}{raw}, "
            f"as a plate {plate.detection_confidence:.2f}, product {product:.2f}"
        )
        if doubts := _doubts(one):
            yield f"             alternatives: {doubts}"
    yield f"             {f'dropped: {one.dropped}' if one.dropped else 'returned'}"


def _measures(quality: PlateQuality) -> str:
    return (
        f"edges {quality.blur * quality.width:.1f} pixels wide, gray levels {quality.dark:.0f} to "
        f"{quality.light:.0f}, tilted by {abs(quality.tilt):.0f} degrees"
    )


def _doubts(one: Candidate) -> str:
    """Return the most likely other characters, with their places from 1."""
    if one.plate is None:
        return ""
    others = [
        (value, f"{place} {character.text}->{text} {value:.2f}")
        for place, character in enumerate(one.plate.characters, 1)
        for text, value in character.alternatives
        if value >= 0.01
    ]
    return ", ".join(text for _, text in sorted(others, reverse=True)[:_MOST_ALTERNATIVES])
