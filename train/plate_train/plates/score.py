"""Scores of a reader of plates: on synthetic crops while it trains, and on watched sets of real crops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, InputError
from plate_runtime.evaluate import calibration, score_texts
from plate_runtime.labels import LabelledPicture, read_labels
from plate_runtime.manifest import InputSpec
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import resize_picture, scale_pixels, standardise
from plate_runtime.recognise import NetworkRecogniser
from plate_runtime.results import Reading

from ..network_model import as_model
from ..networks.weights_file import ModelMeta
from ..progress import progress

_AT_ONCE = 64
Reader = Callable[[NDArray[np.float32]], Any]
"""Inputs, float32 (n, height, width, 1), to logits."""


@dataclass(frozen=True)
class CropSet:
    """Crops ready to be read.

    Attributes:
        pictures: uint8 (n, height, width), standardised. texts: n of them.
        listed: the files of the crops; empty for synthetic ones.
    """

    name: str
    pictures: NDArray[np.uint8]
    texts: list[str]
    listed: Sequence[LabelledPicture] = ()

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class PlateScore:
    """Score of a set: crops, exact texts, those with O=0 and I=1 as one, character error rate, calibration error."""

    count: int
    exact: int
    folded: int
    cer: float
    ece: float

    def __str__(self) -> str:
        percent = f"{self.percent:.1f} %"
        return f"{self.exact} of {self.count}, folded {self.folded} ({percent}), character errors {self.cer:.4f}"

    @property
    def percent(self) -> float:
        """Percentage read right, with O=0 and I=1 as one."""
        return 100 * self.folded / max(1, self.count)

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        return asdict(self) | {"cer": round(self.cer, 5), "ece": round(self.ece, 5)}


def synthetic_set(name: str, pictures: NDArray[np.uint8], texts: Sequence[str]) -> CropSet:
    """Return synthetic crops, resized but not standardised, as a set."""
    return CropSet(name, standardise(pictures), list(texts))


def labelled_set(file: Path, spec: InputSpec) -> CropSet:
    """Read the crops of a `labels.csv` that have a text; the set is called as its folder.

    Raises:
        DataError: the file or one of its pictures cannot be read, or nothing in it has a text.
    """
    listed = [entry for entry in read_labels(file) if entry.text]
    if not listed:
        raise DataError(f"{file} has no picture with a text")
    return CropSet(file.resolve().parent.name, crops(listed, spec), [entry.text for entry in listed], listed)


def crops(listed: Sequence[LabelledPicture], spec: InputSpec) -> NDArray[np.uint8]:
    """Return the listed pictures as the network's preprocessing leaves them before scaling."""
    pictures = []
    with progress(len(listed), "reading pictures", "picture") as bar:
        for gray in open_grays(listed):
            pictures.append(resize_picture(gray, spec))
            bar.update()
    return np.stack(pictures)


def open_grays(listed: Iterable[LabelledPicture]) -> Iterator[NDArray[np.uint8]]:
    """Open the listed pictures one by one, gray uint8 (h, w). Raises DataError where one cannot be read."""
    try:
        for entry in listed:
            yield open_picture(entry.path).gray()
    except InputError as error:
        raise DataError(str(error)) from error


def predict(reader: Reader, pictures: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return the logits, float32 (n, steps, classes), of uint8 (n, height, width)."""
    batches = []
    with progress(len(pictures), "scoring", "picture") as bar:
        for start in range(0, len(pictures), _AT_ONCE):
            batches.append(np.asarray(reader(scale_pixels(pictures[start : start + _AT_ONCE], spec))))
            bar.update(len(batches[-1]))
    return np.concatenate(batches)


def read_as_product(reader: Reader, found: CropSet, meta: ModelMeta) -> list[Reading]:
    """Read the files of a set as `plate-eval` reads them with the exported network, second looks included.

    Raises:
        DataError: one of them cannot be read any more.
    """
    recogniser = NetworkRecogniser(as_model(reader, meta), second_look=0.0)
    with progress(len(found), f"reading {found.name}", "picture") as bar:
        readings = []
        for gray in open_grays(found.listed):
            readings += recogniser.recognise([gray], None)
            bar.update()
    return readings


def right(readings: Sequence[Reading], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Return which readings are right, with O=0 and I=1 as one."""
    return np.array([fold(read.text) == fold(text) for read, text in zip(readings, texts, strict=True)], bool)


def score(readings: Sequence[Reading], texts: Sequence[str]) -> PlateScore:
    """Score readings against the texts."""
    found = score_texts([reading.text for reading in readings], texts)
    ece, _ = calibration([reading.confidence for reading in readings], right(readings, texts))
    return PlateScore(found.count, found.exact, found.folded, found.cer, ece)
