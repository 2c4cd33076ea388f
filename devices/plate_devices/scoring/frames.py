"""Scores of a detector and a reader on whole frames: plates found, false positives, texts read."""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.scoring.crops import read_each
from plate_runtime.alphabet import fold
from plate_runtime.evaluate import calibration, match_plates, score_detections, score_texts
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.search import joint_confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.scoring.reviewed import Reviewed, ReviewedDetection
    from plate_runtime.errors import InputError
    from plate_runtime.evaluate import CalibrationBin, DetectionScore, Matches, TextScore
    from plate_runtime.labels import LabelledFrame, LabelledPicture
    from plate_runtime.reader import PlateReader
    from plate_runtime.results import Detection, Plate

THRESHOLDS = tuple(step / 20 for step in range(20))
"""Thresholds of the curve, for the product of both confidences."""

SAME_PLACE = 0.1
"""Least overlap (IoU) of a reading with the labelled plate that it belongs to."""


class FoundPlate(NamedTuple):
    """A detection and its plate, None where no text was read."""

    detection: Detection
    plate: Plate | None

    @property
    def product(self) -> float:
        """Product of the confidences of detection and reading, 0..1; 0 where no text was read."""
        return joint_confidence(self.plate)


class FrameReading(NamedTuple):
    """The result for one frame: detections with their plates, matched with the labels, and CPU milliseconds."""

    frame: LabelledFrame
    found: list[FoundPlate]
    matches: Matches
    cpu_ms: float

    @property
    def placed(self) -> bool:
        """Whether all labelled plates have corners, so that false positives can be recognised."""
        return all(plate.corners for plate in self.frame.plates)

    def reported(self, threshold: float) -> list[FoundPlate]:
        """Return the detections whose product reaches the threshold."""
        return [one for one in self.found if one.plate and one.product >= threshold]

    def readings(self, threshold: float) -> list[tuple[LabelledPicture, Plate | None]]:
        """Return each labelled plate that has a text, with the plate that was reported for it."""
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
            # A label without corners may be any plate of the frame: that with its text, else the most confident one.
            rest.sort(key=lambda plate: plate is None or fold(plate.text) != fold(label.text))
            pairs.append((label, rest.pop(0) if rest else None))
        return [(label, plate) for label, plate in pairs if label.text]

    def false(self, threshold: float) -> list[FoundPlate]:
        """Return the reported false positives; none where labels have no corners."""
        if not self.placed:
            return []
        return [self.found[place] for place in self.matches.outside if self.found[place] in self.reported(threshold)]


class FrameEvaluation(NamedTuple):
    """The result for a set of frames.

    Attributes:
        detected: score of all detections, in frames whose plates have corners.
        false: reported false positives in these frames.
        score: of the texts that were reported for labelled texts.
        ece, bins: calibration, by the folded match of reported texts.
        threshold: least product of confidences of a reported plate.
    """

    readings: list[FrameReading]
    detected: DetectionScore
    false: int
    score: TextScore
    ece: float
    bins: list[CalibrationBin]
    threshold: float
    unreadable: list[tuple[str, InputError]]

    @property
    def cpu_ms_median(self) -> float:
        """Median CPU time of one frame in milliseconds, without opening the file."""
        return median(one.cpu_ms for one in self.readings)

    @property
    def pictures(self) -> tuple[int, int]:
        """Number of pictures with a text, and of those in which every text was read exactly."""
        read = [one.readings(self.threshold) for one in self.readings]
        rights = [all(plate and plate.text == label.text for label, plate in pairs) for pairs in read if pairs]
        return len(rights), sum(rights)

    @property
    def vehicles(self) -> tuple[int, int]:
        """Number of vehicles, by text and group, and of those whose text has the highest sum of confidences."""
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
    """Detect and read the plates of every frame, and score.

    Args:
        region: country or state of the plates.
        reviewed: reviewed false positives; those that are plates do not count.
        read_as: the mode, "frame", or "auto" as in plate-infer without `--as`.

    Raises:
        DataError: no picture could be opened.
    """

    def read_frame(frame: LabelledFrame) -> FrameReading:
        return _read(reader, frame, region, reviewed.of(frame.path) if reviewed else [], read_as)

    readings, unreadable = read_each(frames, read_frame)
    threshold = reader.least_confidence("frame")
    pairs = [pair for one in readings for pair in one.readings(threshold)]
    score = score_texts([plate.text if plate else "" for _, plate in pairs], [label.text for label, _ in pairs])
    read = [(plate.confidence, fold(plate.text) == fold(label.text)) for label, plate in pairs if plate]
    ece, bins = calibration([confidence for confidence, _ in read], [right for _, right in read])
    false = sum(len(one.false(threshold)) for one in readings)
    detected = score_detections([one.matches for one in readings if one.placed])
    return FrameEvaluation(readings, detected, false, score, ece, bins, threshold, unreadable)


def curve(readings: Sequence[FrameReading]) -> list[tuple[float, int, int]]:
    """Return threshold, exactly read texts, and false positives for each of `THRESHOLDS`."""
    points = []
    for threshold in THRESHOLDS:
        pairs = [pair for one in readings for pair in one.readings(threshold)]
        exact = sum(plate is not None and plate.text == label.text for label, plate in pairs)
        points.append((threshold, exact, sum(len(one.false(threshold)) for one in readings)))
    return points


def _read(
    reader: PlateReader, frame: LabelledFrame, region: str | None, reviewed: Sequence[ReviewedDetection], read_as: str
) -> FrameReading:
    opened = open_picture(frame.path)
    started = time.process_time()
    found = [FoundPlate(*one) for one in reader.search(opened, region=region, as_=read_as)]
    cpu_ms = 1000 * (time.process_time() - started)
    labelled = [plate.corners for plate in frame.plates if plate.corners]
    known = [one.corners for one in reviewed if one.is_plate]
    matches = match_plates([one.detection.corners for one in found], labelled, ignored=known)
    return FrameReading(frame, found, matches, cpu_ms)
