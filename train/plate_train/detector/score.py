"""Scores of a detector: on synthetic scenes while it trains, and on watched sets of real frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.detect import find_in_output
from plate_runtime.errors import DataError, InputError
from plate_runtime.evaluate import Matches, match_plates, score_detections
from plate_runtime.labels import read_labels
from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.model import Model
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import fitted_size, resize_picture, scale_pixels
from plate_runtime.recognise import recogniser_of
from plate_runtime.results import Corners, Detection
from plate_runtime.search import Search, search_frame

from ..loop.shards import Shard
from ..progress import progress
from ..synthetic.scenes.labels import PlateLabel, decode
from ..synthetic.scenes.spec import SCENE_SPEC
from .targets import STRIDES, outline

THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
SCORED_AT = 0.5
"""Threshold while a network trains; see `score`."""
_AT_ONCE = 16
Network = Callable[[NDArray[np.float32]], Any]
"""Inputs, float32 (n, h, w, 1), to outputs (n, cells, 9)."""
MANIFEST = Manifest("detector", "training", "0", "", SCENE_SPEC, decoding="corners", strides=STRIDES)


@dataclass(frozen=True)
class FrameSet:
    """Frames as inputs, with their labels and files.

    Attributes:
        pictures: uint8 (n, h, w). labels: of each frame, in pixels of the input. sizes: (w, h) of the picture within
            each input. files: of frames on disk, which may be larger than the input; empty for scenes.
    """

    name: str
    pictures: NDArray[np.uint8]
    labels: list[list[PlateLabel]]
    sizes: list[tuple[int, int]]
    files: list[Path] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)

    def gray(self, place: int) -> NDArray[np.uint8]:
        """Return a frame at its original size, uint8 (h, w)."""
        return open_picture(self.files[place]).gray() if self.files else self.pictures[place]


@dataclass(frozen=True)
class DetectorScore:
    """Frames, plates, detected plates and false positives; `curve`: the last two by threshold."""

    frames: int
    plates: int
    found: int
    false: int
    curve: dict[str, list[int]] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Percentage of plates that were detected."""
        return 100 * self.found / max(1, self.plates)

    def __str__(self) -> str:
        rate = self.false / max(1, self.frames)
        found = f"{self.found} of {self.plates} plates ({self.percent:.1f} %)"
        return f"{found}, {self.false} false positives ({rate:.3f} a frame)"

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        return asdict(self)


def synthetic_set(name: str, shard: Shard) -> FrameSet:
    """Return the scenes of a shard as a set, with the outlines that a detector should give."""
    labels = [[replace(label, corners=outline(label.corners)) for label in decode(text)] for text in shard.texts]
    return FrameSet(name, shard.pictures, labels, [shard.pictures.shape[:0:-1]] * len(labels))


def labelled_set(file: Path, spec: InputSpec = SCENE_SPEC) -> FrameSet:
    """Read the frames of a `labels.csv` with the column corners; the set has the name of its folder.

    Raises:
        DataError: the file or one of its pictures cannot be read.
    """
    labels: dict[Path, list[Corners]] = {}
    texts: dict[Path, list[str]] = {}
    for entry in read_labels(file):
        labels.setdefault(entry.path, [])
        texts.setdefault(entry.path, [])
        if entry.corners:
            labels[entry.path].append(entry.corners)
            texts[entry.path].append(entry.text)
    pictures, sizes, placed = [], [], []
    for path, found in labels.items():
        try:
            gray = open_picture(path).gray()
        except InputError as error:
            raise DataError(str(error)) from error
        size = fitted_size(gray.shape[1], gray.shape[0], spec)
        pictures.append(resize_picture(gray, spec))
        sizes.append(size)
        factor = np.array([size[0] / gray.shape[1], size[1] / gray.shape[0]])
        placed.append(
            [
                PlateLabel((np.array(corners) * factor).astype(np.float32), text)
                for corners, text in zip(found, texts[path], strict=True)
            ]
        )
    return FrameSet(file.resolve().parent.name, np.stack(pictures), placed, sizes, list(labels))


def detect(network: Network, frames: FrameSet) -> list[list[Detection]]:
    """Return the detections of one pass over every frame, in pixels of the input: fast enough during training."""
    found = []
    with progress(len(frames), "scoring", "frame") as bar:
        for start in range(0, len(frames), _AT_ONCE):
            outputs = np.asarray(network(scale_pixels(frames.pictures[start : start + _AT_ONCE], SCENE_SPEC)))
            sizes = frames.sizes[start : start + _AT_ONCE]
            found += [
                find_in_output(one, MANIFEST, size, THRESHOLDS[0]) for one, size in zip(outputs, sizes, strict=True)
            ]
            bar.update(len(outputs))
    return found


def search(detector: Model, reader: Model, frames: FrameSet) -> list[list[Detection]]:
    """Return the product's detections in every frame, in pixels of the input; see `plate_runtime.search`."""
    found, recogniser = [], recogniser_of(reader)
    for place, (width, height) in enumerate(frames.sizes):
        gray = frames.gray(place)
        across, down = width / gray.shape[1], height / gray.shape[0]
        found.append(
            [
                replace(one, corners=tuple((x * across, y * down) for x, y in one.corners))
                for one, _ in search_frame(Search(gray, detector), recogniser)
            ]
        )
    return found


def score(found: Sequence[Sequence[Detection]], frames: FrameSet) -> DetectorScore:
    """Score the result of `detect`: at `SCORED_AT`, and for the curve at `THRESHOLDS`."""
    curve = {}
    for threshold in THRESHOLDS:
        counted = count([[one for one in frame if one.confidence >= threshold] for frame in found], frames)
        curve[f"{threshold:g}"] = [counted.found, counted.false]
    hits, false = curve[f"{SCORED_AT:g}"]
    return DetectorScore(len(frames), counted.plates, hits, false, curve)


def count(found: Sequence[Sequence[Detection]], frames: FrameSet) -> DetectorScore:
    """Score all detections, as `plate-eval` does."""
    counted = score_detections([match(one, labels) for one, labels in zip(found, frames.labels, strict=True)])
    return DetectorScore(counted.frames, counted.plates, counted.found, counted.outside)


def match(found: Sequence[Detection], labels: Sequence[PlateLabel]) -> Matches:
    """Match detections, most confident first, with the required labels; see `plate_runtime.evaluate`."""
    plates, ignored = (
        [_points(label.corners) for label in labels if label.required == required] for required in (True, False)
    )
    return match_plates([one.corners for one in found], plates, ignored=ignored)


def _points(corners: NDArray[Any]) -> Corners:
    return tuple((float(x), float(y)) for x, y in corners)
