"""What a locator finds: drawn scenes while it trains, real frames that are only watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, InputError
from plate_runtime.geometry import polygon_iou
from plate_runtime.image import open_picture
from plate_runtime.labels import read_labels
from plate_runtime.locate import decode_corners, suppress
from plate_runtime.manifest import InputSpec, Manifest
from plate_runtime.preprocess import fitted_size, resize_picture, scale_pixels

from ..draw.scenes.labels import Mark, decode
from ..draw.scenes.spec import SCENE_SPEC
from ..plates.shards import Shard
from ..progress import progress
from .targets import STRIDES, outline

OVERLAP = 0.5
"""Of a detection and a labelled plate, from which on the plate counts as found."""
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
SCORED_AT = 0.5
_AT_ONCE = 16
Finder = Callable[[NDArray[np.float32]], Any]
"""Inputs, float32 (n, h, w, 1), to answers (n, cells, 9)."""
MANIFEST = Manifest("locator", "training", "0", "", SCENE_SPEC, decoding="corners", strides=STRIDES)


@dataclass(frozen=True)
class FrameSet:
    """Frames as inputs, uint8 (n, h, w), what is marked in them, and the part of each input that is picture, (w, h)."""

    name: str
    pictures: NDArray[np.uint8]
    marks: list[list[Mark]]
    sizes: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.marks)


@dataclass(frozen=True)
class Found:
    """Detections in one frame, the surest first: corners float64 (n, 4, 2) and confidences (n,)."""

    corners: NDArray[np.float64]
    sure: NDArray[np.float64]


@dataclass(frozen=True)
class LocatorScore:
    """Frames, plates in them, plates found and detections on no plate at `SCORED_AT`; the same by threshold."""

    frames: int
    plates: int
    found: int
    false: int
    curve: dict[str, list[int]] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Plates found of a hundred."""
        return 100 * self.found / max(1, self.plates)

    def __str__(self) -> str:
        rate = self.false / max(1, self.frames)
        return f"{self.found} of {self.plates} plates ({self.percent:.1f} %), {self.false} others ({rate:.3f} a frame)"

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        return asdict(self)


def drawn_set(name: str, shard: Shard) -> FrameSet:
    """Return drawn scenes as a set, with the outlines that a locator is asked for."""
    marks = [[replace(mark, corners=outline(mark.corners)) for mark in decode(text)] for text in shard.texts]
    return FrameSet(name, shard.pictures, marks, [shard.pictures.shape[:0:-1]] * len(marks))


def labelled_set(file: Path, spec: InputSpec = SCENE_SPEC) -> FrameSet:
    """Read the frames of a `labels.csv` with the column corners; the set is called as its folder.

    Raises:
        DataError: the file or one of its pictures cannot be read.
    """
    marks: dict[Path, list[tuple[tuple[float, float], ...]]] = {}
    texts: dict[Path, list[str]] = {}
    for entry in read_labels(file):
        marks.setdefault(entry.path, [])
        texts.setdefault(entry.path, [])
        if entry.corners:
            marks[entry.path].append(entry.corners)
            texts[entry.path].append(entry.text)
    pictures, sizes, placed = [], [], []
    for path, found in marks.items():
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
                Mark((np.array(corners) * factor).astype(np.float32), text)
                for corners, text in zip(found, texts[path], strict=True)
            ]
        )
    return FrameSet(file.resolve().parent.name, np.stack(pictures), placed, sizes)


def find(finder: Finder, frames: FrameSet, least: float = THRESHOLDS[0]) -> list[Found]:
    """Return what is found in every frame, as the runtime would."""
    found = []
    with progress(len(frames), "scoring", "frame") as bar:
        for start in range(0, len(frames), _AT_ONCE):
            answers = np.asarray(finder(scale_pixels(frames.pictures[start : start + _AT_ONCE], SCENE_SPEC)))
            for answer, size in zip(answers, frames.sizes[start:], strict=False):
                corners, logits = decode_corners(answer, MANIFEST, size, least)
                kept = suppress(corners, logits)
                found.append(Found(corners[kept], 1 / (1 + np.exp(-logits[kept]))))
            bar.update(len(answers))
    return found


def score(found: Sequence[Found], frames: FrameSet) -> LocatorScore:
    """Score what was found."""
    curve = {f"{threshold:g}": _counts(found, frames, threshold) for threshold in THRESHOLDS}
    hits, false = curve[f"{SCORED_AT:g}"]
    plates = sum(mark.counts for marks in frames.marks for mark in marks)
    return LocatorScore(len(frames), plates, hits, false, curve)


def match(found: Found, marks: Sequence[Mark], threshold: float) -> tuple[dict[int, int], list[int]]:
    """Return marks that are found, each with its detection, and detections on none; the surest choose first.

    Detections on what is ignored are neither.
    """
    waiting, right, false = list(range(len(marks))), {}, []
    for place in np.flatnonzero(found.sure >= threshold).tolist():
        corners = _points(found.corners[place])
        overlaps = {at: polygon_iou(corners, _points(marks[at].corners)) for at in waiting}
        fitting = [at for at, overlap in overlaps.items() if overlap >= OVERLAP]
        if fitting:
            best = max(fitting, key=lambda at: (marks[at].counts, overlaps[at]))
            waiting.remove(best)
            if marks[best].counts:
                right[best] = place
        elif not any(_near(found.corners[place], mark) for mark in marks if not mark.counts):
            false.append(place)
    return right, false


def _counts(found: Sequence[Found], frames: FrameSet, threshold: float) -> list[int]:
    hits = others = 0
    for entry, marks in zip(found, frames.marks, strict=True):
        right, false = match(entry, marks, threshold)
        hits, others = hits + len(right), others + len(false)
    return [hits, others]


def _near(corners: NDArray[np.float64], mark: Mark) -> bool:
    """Whether a detection's middle lies in the box around a mark."""
    middle = corners.mean(axis=0)
    return bool((middle >= mark.corners.min(axis=0)).all() and (middle <= mark.corners.max(axis=0)).all())


def _points(corners: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in corners)
