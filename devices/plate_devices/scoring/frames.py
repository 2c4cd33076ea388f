"""Score a reader on whole frames: are the plates found, is what was found a plate, is it read?"""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, InputError
from plate_runtime.evaluate import calibration, match_plates, score_detections, score_texts
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.scoring.reviewed import Reviewed, Seen
    from plate_runtime.detect import Detection
    from plate_runtime.evaluate import CalibrationBin, DetectionScore, Matches, TextScore
    from plate_runtime.labels import LabelledFrame, LabelledPicture
    from plate_runtime.reader import Plate, PlateReader

THRESHOLDS = tuple(step / 20 for step in range(20))
"""Products of detection and reading that the curve is drawn for."""

SAME_PLACE = 0.1
"""Overlap from which on a reading is that of a labelled plate."""


class FoundPlate(NamedTuple):
    """A detection, what was read of it, if anything, and how sure both are together, 0..1."""

    detection: Detection
    plate: Plate | None

    @property
    def product(self) -> float:
        """Confidence of the detection times that of the reading; 0 where nothing was read."""
        return self.plate.detection_confidence * self.plate.confidence if self.plate else 0.0


class FrameReading(NamedTuple):
    """One frame: all detections with their readings, matched with the labels; `cpu_ms` of finding and reading."""

    frame: LabelledFrame
    found: list[FoundPlate]
    matches: Matches
    cpu_ms: float

    @property
    def placed(self) -> bool:
        """Whether it is known where all plates are, so that a detection can lie on none."""
        return all(plate.corners for plate in self.frame.plates)

    def reported(self, threshold: float) -> list[FoundPlate]:
        """Detections that are plates by what was read of them."""
        return [one for one in self.found if one.plate and one.product >= threshold]

    def readings(self, threshold: float) -> list[tuple[LabelledPicture, Plate | None]]:
        """Return each labelled plate that has a text, with what was reported of it."""
        reported = self.reported(threshold)
        placed = [plate for plate in self.frame.plates if plate.corners]
        matches = match_plates(
            [one.detection.corners for one in reported], [plate.corners or () for plate in placed], SAME_PLACE
        )
        pairs = [
            (label, None if number is None else reported[number].plate)
            for label, number in zip(placed, matches.found, strict=True)
        ]
        rest = [one.plate for number, one in enumerate(reported) if number not in matches.found]
        for label in (plate for plate in self.frame.plates if not plate.corners):
            # Without corners a label may be any plate of the picture: the one with its text, else the surest.
            rest.sort(key=lambda plate: plate is None or fold(plate.text) != fold(label.text))
            pairs.append((label, rest.pop(0) if rest else None))
        return [(label, plate) for label, plate in pairs if label.text]

    def false(self, threshold: float) -> list[FoundPlate]:
        """Return what was reported and lies on no labelled plate; without corners nobody knows where those are."""
        if not self.placed:
            return []
        return [self.found[place] for place in self.matches.outside if self.found[place] in self.reported(threshold)]


class FrameEvaluation(NamedTuple):
    """What a reader made of a set of frames.

    Attributes:
        located: all detections against the labels, in frames whose plates have corners; false: readings reported
            there that lie on no labelled plate.
        score: of the labelled texts, what was reported; ece, bins: of the folded match of reported readings.
        threshold: product of confidences from which on a reading is reported.
    """

    readings: list[FrameReading]
    located: DetectionScore
    false: int
    score: TextScore
    ece: float
    bins: list[CalibrationBin]
    threshold: float
    unreadable: list[tuple[str, InputError]]

    @property
    def cpu_ms_median(self) -> float:
        """Processor time of one frame in milliseconds, without opening the file."""
        return median(one.cpu_ms for one in self.readings)

    @property
    def pictures(self) -> tuple[int, int]:
        """Pictures with a text, and those in which every text was read exactly."""
        read = [one.readings(self.threshold) for one in self.readings]
        rights = [all(plate and plate.text == label.text for label, plate in pairs) for pairs in read if pairs]
        return len(rights), sum(rights)

    @property
    def vehicles(self) -> tuple[int, int]:
        """Vehicles, by text and group, and those whose text has the most confidence over all their frames."""
        sums: dict[tuple[str | None, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for reading in self.readings:
            for label, plate in reading.readings(self.threshold):
                texts = sums[label.group, label.text]
                if plate is not None:
                    texts[plate.text] += plate.confidence
        rights = [max(texts, key=lambda text: texts[text], default="") == text for (_, text), texts in sums.items()]
        return len(rights), sum(rights)


def evaluate_frames(
    reader: PlateReader,
    frames: Iterable[LabelledFrame],
    region: str | None = None,
    reviewed: Reviewed | None = None,
    read_as: str = "frame",
) -> FrameEvaluation:
    """Find and read the plates of every frame, and score.

    Args:
        region: where the plates come from.
        reviewed: detections on no labelled plate that somebody has looked at; those that are plates do not count.
        read_as: "frame", or "auto" as plate-infer reads without `--as`.

    Raises:
        DataError: not one picture could be opened.
    """
    readings: list[FrameReading] = []
    unreadable: list[tuple[str, InputError]] = []
    for frame in frames:
        try:
            seen = reviewed.of(frame.path) if reviewed else []
            readings.append(_read(reader, frame, region, seen, read_as))
        except InputError as error:
            unreadable.append((str(frame.path), error))
    if not readings:
        raise DataError(f"no picture of the set can be read; the first: {unreadable[0][1] if unreadable else 'none'}")
    threshold = reader.least_confidence("frame")
    pairs = [pair for one in readings for pair in one.readings(threshold)]
    score = score_texts([plate.text if plate else "" for _, plate in pairs], [label.text for label, _ in pairs])
    read = [(plate.confidence, fold(plate.text) == fold(label.text)) for label, plate in pairs if plate]
    ece, bins = calibration([share for share, _ in read], [right for _, right in read])
    false = sum(len(one.false(threshold)) for one in readings)
    located = score_detections([one.matches for one in readings if one.placed])
    return FrameEvaluation(readings, located, false, score, ece, bins, threshold, unreadable)


def curve(readings: Sequence[FrameReading], thresholds: Sequence[float] = THRESHOLDS) -> list[tuple[float, int, int]]:
    """Return for each threshold how many labelled texts are read exactly, and how many readings lie on no plate."""
    points = []
    for threshold in thresholds:
        pairs = [pair for one in readings for pair in one.readings(threshold)]
        exact = sum(plate is not None and plate.text == label.text for label, plate in pairs)
        points.append((threshold, exact, sum(len(one.false(threshold)) for one in readings)))
    return points


def _read(
    reader: PlateReader, frame: LabelledFrame, region: str | None, seen: Sequence[Seen], read_as: str
) -> FrameReading:
    opened = open_picture(frame.path)
    started = time.process_time()
    found = [FoundPlate(*one) for one in reader.search(opened, region=region, as_=read_as)]
    cpu_ms = 1000 * (time.process_time() - started)
    labelled = [plate.corners for plate in frame.plates if plate.corners]
    known = [one.corners for one in seen if one.is_plate]
    matches = match_plates([one.detection.corners for one in found], labelled, ignored=known)
    return FrameReading(frame, found, matches, cpu_ms)
