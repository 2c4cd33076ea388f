"""Output of plate-eval --as frame, as JSON and as lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.scoring.crops import LISTED, text_scores
from plate_devices.scoring.frames import SAME_PLACE, curve
from plate_runtime.geometry import polygon_iou

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.scoring.frames import FrameEvaluation, FrameReading
    from plate_devices.scoring.reviewed import Reviewed
    from plate_runtime.results import Corners

WIDTHS = (0, 40, 60, 80, 120, 200, 400)
"""Lower limits of the classes of plate widths, in pixels of the picture."""


class Failure(NamedTuple):
    """A failure of the kind "missed", "misread" or "false" (a false positive)."""

    kind: str
    image: str
    label: str
    text: str
    confidence: float
    corners: Corners | None

    def describe(self) -> dict[str, Any]:
        """Return the failure for the JSON of plate-eval."""
        corners = [[round(x, 1), round(y, 1)] for x, y in self.corners] if self.corners else None
        return {
            "kind": self.kind,
            "image": self.image,
            "text": self.label,
            "reading": self.text,
            "confidence": round(self.confidence, 4),
            "corners": corners,
        }


def failures(found: FrameEvaluation) -> list[Failure]:
    """Return all failures: false positives, misread plates, both the most confident first, and missed plates."""
    every = [failure for one in found.readings for failure in _failures_of(one, found.threshold)]
    order = ("false", "misread", "missed")
    return sorted(every, key=lambda one: (order.index(one.kind), -one.confidence))


def _failures_of(one: FrameReading, threshold: float) -> Iterator[Failure]:
    image = str(one.frame.path)
    for false in one.false(threshold):
        text = false.plate.text if false.plate else ""
        yield Failure("false", image, "", text, false.product, false.detection.corners)
    for label, plate in one.readings(threshold):
        if plate is not None and plate.text != label.text:
            yield Failure("misread", image, label.text, plate.text, plate.confidence, label.corners or plate.corners)
        elif plate is None and not label.corners:
            yield Failure("missed", image, label.text, "", 0.0, None)
    placed = [plate for plate in one.frame.plates if plate.corners]
    for label, number in zip(placed, one.matches.found, strict=True):
        if number is None:
            yield Failure("missed", image, label.text, "", 0.0, label.corners)


def describe(found: FrameEvaluation, reviewed: Reviewed | None = None) -> dict[str, Any]:
    """Return the scores for the JSON of plate-eval; `reviewed` marks false positives that were reviewed."""
    detected = found.detected
    pictures, vehicles = found.pictures, found.vehicles
    return {
        **text_scores(found.score, found.ece, found.cpu_ms_median),
        "threshold": found.threshold,
        "frames": len(found.readings),
        "frames_with_corners": detected.frames,
        "plates": detected.plates,
        "found": detected.found,
        "recall": round(detected.recall, 6),
        "widths": [_width_entry(low, high, *counts) for low, high, counts in _by_width(found.readings)],
        "detections_outside": detected.outside,
        "detections_outside_per_frame": round(detected.outside_per_frame, 6),
        "false_plates": found.false,
        "false_plates_per_frame": round(found.false / max(1, detected.frames), 6),
        "pictures": {"count": pictures[0], "exact": pictures[1]},
        "vehicles": {"count": vehicles[0], "exact": vehicles[1]},
        "groups": by_group(found),
        "curve": [{"threshold": t, "exact": exact, "false_plates": false} for t, exact, false in curve(found.readings)],
        "failures": [one.describe() for one in failures(found)],
        "outside": [one for reading in found.readings for one in _outside(reading, reviewed)],
        "unreadable": [{"image": path, "error": str(error)} for path, error in found.unreadable],
    }


def by_group(found: FrameEvaluation) -> dict[str, dict[str, int]]:
    """Return the counts of each group of the labels: frames, plates, texts, and those found and read exactly."""
    groups: dict[str, dict[str, int]] = {}
    for one in found.readings:
        names = sorted({plate.group for plate in one.frame.plates if plate.group})
        if not names:
            continue
        entry = groups.setdefault(names[0], dict.fromkeys(("frames", "plates", "found", "texts", "exact", "false"), 0))
        pairs = one.readings(found.threshold)
        entry["frames"] += 1
        entry["plates"] += len(one.matches.found)
        entry["found"] += sum(number is not None for number in one.matches.found)
        entry["texts"] += len(pairs)
        entry["exact"] += sum(plate is not None and plate.text == label.text for label, plate in pairs)
        entry["false"] += len(one.false(found.threshold))
    return dict(sorted(groups.items()))


def lines(found: FrameEvaluation) -> Iterator[str]:
    """Yield the scores as lines, without the heading."""
    from plate_devices.outputs.console_lines import printable

    score, detected = found.score, found.detected
    per_frame = max(1, detected.frames)
    if detected.plates:
        yield f"found   {detected.found:6}  {detected.recall:8.2%}   of {detected.plates} plates, overlap at least 0.5"
        for low, high, (plates, right) in _by_width(found.readings):
            yield f"        {right:6}  {right / plates:8.2%}   of {plates} from {low} to {high:g} pixels wide"
    if detected.frames:
        rate = detected.outside_per_frame
        yield f"outside {detected.outside:6}  {rate:8.4f}   a frame: detections on no labelled plate"
        yield f"false   {found.false:6}  {found.false / per_frame:8.4f}   a frame: those among them that are reported"
    if score.count:
        (pictures, right), (vehicles, known) = found.pictures, found.vehicles
        yield f"exact   {score.exact:6}  {score.exact_rate:8.2%}   of {score.count} plates with a text"
        yield f"folded  {score.folded:6}  {score.folded_rate:8.2%}   with O=0 and I=1"
        yield f"        {right:6}  {right / max(1, pictures):8.2%}   of {pictures} pictures, every plate in them exact"
        yield f"        {known:6}  {known / max(1, vehicles):8.2%}   of {vehicles} vehicles, by all their pictures"
        yield f"cer     {score.cer:16.4f}   character error rate"
        yield f"ece     {found.ece:16.4f}   expected calibration error, of the folded match"
    yield f"cpu     {found.cpu_ms_median:13.2f} ms   median of one frame, without opening the file"
    for name, one in by_group(found).items():
        counts = f"found {one['found']} of {one['plates']}, exact {one['exact']} of {one['texts']}"
        yield f"group   {printable(name)}: {one['frames']} frames, {counts}, {one['false']} false"
    wrong = failures(found)
    if wrong:
        yield f"{len(wrong)} failures: kind, label, reading, confidence, picture"
    for failure in wrong[:LISTED]:
        row = f"{failure.label or '-'}\t{failure.text or '-'}\t{failure.confidence:.3f}\t{printable(failure.image)}"
        yield f"  {failure.kind}\t{row}"
    if len(wrong) > LISTED:
        yield f"  and {len(wrong) - LISTED} more: --json lists them, --sheet FILE shows them"


def _outside(one: FrameReading, reviewed: Reviewed | None) -> Iterator[dict[str, Any]]:
    """Yield each detection on no labelled plate, for a review."""
    seen = reviewed.of(one.frame.path) if reviewed else []
    for number in one.matches.outside if one.placed else ():
        detection, plate = one.found[number]
        yield {
            "image": str(one.frame.path),
            "corners": [[round(x, 1), round(y, 1)] for x, y in detection.corners],
            "detection_confidence": detection.confidence,
            "reading": plate.text if plate else "",
            "confidence": plate.confidence if plate else 0.0,
            "reviewed": any(polygon_iou(detection.corners, other.corners) > SAME_PLACE for other in seen),
        }


def _by_width(readings: Sequence[FrameReading]) -> list[tuple[int, float, tuple[int, int]]]:
    """Return limits, plates and found plates of each class of widths that occurs."""
    counts = [[0, 0] for _ in WIDTHS]
    for one in readings:
        placed = [plate.corners for plate in one.frame.plates if plate.corners]
        for corners, number in zip(placed, one.matches.found, strict=True):
            width = math.dist(corners[0], corners[1])
            place = max(place for place, least in enumerate(WIDTHS) if width >= least)
            counts[place][0] += 1
            counts[place][1] += number is not None
    limits = zip(WIDTHS, (*WIDTHS[1:], math.inf), counts, strict=True)
    return [(low, high, (plates, found)) for low, high, (plates, found) in limits if plates]


def _width_entry(low: int, high: float, plates: int, found: int) -> dict[str, Any]:
    return {"from": low, "to": high if math.isfinite(high) else None, "plates": plates, "found": found}
