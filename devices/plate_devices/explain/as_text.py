"""An explanation as text: lines for a terminal, and their parts for the live page and the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.explain.explanation import Candidate, Explanation
    from plate_devices.explain.picture_quality import PlateQuality

_MOST_ALTERNATIVES = 3
_LEAST_ALTERNATIVE = 0.01


def as_lines(name: str, explanation: Explanation) -> list[str]:
    """Return the explanation of a picture of this name."""
    width, height = explanation.size
    roi = f", ROI {','.join(map(str, explanation.roi))}" if explanation.roi else ""
    lines = [f"{name}: {width}x{height}{roi}, read as {explanation.read_as}"]
    lines += [_labelled(label, text) for label, text in overview(explanation)]
    for number, one in enumerate(explanation.candidates, 1):
        first, *more = describe_candidate(one)
        lines += [_labelled(str(number), first), *(_labelled("", line) for line in (*more, verdict(one)))]
    return lines + [_labelled(label, text) for label, text in outcome(explanation)]


def _labelled(label: str, text: str) -> str:
    return f"  {label:<11}{text}"


def overview(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield what holds for the whole frame, each with a label of one word."""
    frame = explanation.frame
    yield (
        "frame",
        f"sharpness {frame.sharpness:.0f} of 100, gray levels {frame.dark:.0f} to {frame.light:.0f}, "
        f"half below {frame.middle:.0f}, {frame.glare:.0%} overexposed",
    )
    if explanation.views:
        closer = sum(view[2:4] != explanation.views[0][2:4] for view in explanation.views)
        parts = f", and from closer at {closer} {'part' if closer == 1 else 'parts'} of it" if closer else ""
        yield "detector", f"looked at the whole picture{parts}; reads detections of {explanation.least_detection:.2f}"
    if not explanation.candidates:
        yield "detected", "nothing"


def describe_candidate(one: Candidate) -> Iterator[str]:
    """Yield the figures of a possible plate: its size, its measures, its reading, and the alternatives."""
    x, y = (min(axis) for axis in zip(*one.corners, strict=True))
    yield f"detected {one.detected:.2f}, {one.width:.0f}x{one.height:.0f} pixels at {x:.0f},{y:.0f}"
    if one.quality is not None:
        yield _measures(one.quality)
    if one.plate is not None:
        plate = one.plate
        raw = f" (network alone: {plate.raw_text})" if plate.raw_text != plate.text else ""
        yield (
            f"read {plate.text} {plate.confidence:.2f}{raw}, "
            f"as a plate {plate.detection_confidence:.2f}, product {one.product:.2f}"
        )
    if alternatives := _alternatives(one):
        yield f"alternatives: {alternatives}"


def verdict(one: Candidate) -> str:
    """Return what became of a possible plate."""
    return f"dropped: {one.dropped}" if one.dropped else "returned"


def outcome(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield the result, the likeliest cause and its remedy, each with a label of one word."""
    returned = [one.plate.text for one in explanation.candidates if one.plate is not None and not one.dropped]
    yield "result", ", ".join(returned) or "no plate"
    if explanation.cause is not None:
        yield "cause", explanation.cause.fact
        yield "remedy", explanation.cause.remedy


def _measures(quality: PlateQuality) -> str:
    return (
        f"edges {quality.blur * quality.width:.1f} pixels wide, gray levels {quality.dark:.0f} to "
        f"{quality.light:.0f}, tilted by {abs(quality.tilt):.0f} degrees"
    )


def _alternatives(one: Candidate) -> str:
    """Return the most likely other characters, with their places from 1."""
    if one.plate is None:
        return ""
    others = [
        (value, f"{place} {character.text}->{text} {value:.2f}")
        for place, character in enumerate(one.plate.characters, 1)
        for text, value in character.alternatives
        if value >= _LEAST_ALTERNATIVE
    ]
    return ", ".join(text for _, text in sorted(others, reverse=True)[:_MOST_ALTERNATIVES])
