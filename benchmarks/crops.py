"""Crops with the networks' outputs for all their looks, run once, to score many settings as the command reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from halves import chooses
from measuring import SHARED
from numpy.typing import NDArray

from plate_devices.status_line import progress
from plate_runtime.alphabet import fold
from plate_runtime.decode import Candidate, find_candidates
from plate_runtime.decode.prior import Prior
from plate_runtime.evaluate import calibration
from plate_runtime.formats import find_region
from plate_runtime.labels import by_picture, read_labels
from plate_runtime.model import Model
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.rectify import rectify
from plate_runtime.results import Reading
from plate_runtime.second_look import BELOW, other_looks, read_looks
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.plates.renderer import PlateRenderer

SETS = {"plates-us": "us", "plates-romania": "ro", "plates-argentina": "ar", "plates-ny": "us-ny", "plates-vn": "vn"}
"""The development sets, and the region that is named to `--region`."""
MODELS = ("plate-reader", "plate-reader-nano")

Gray = NDArray[np.uint8]
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """A crop, gray uint8 (h, w), its text, and whether it is of the half on which numbers are chosen.

    Where texts are unknown, `region` names one: a text counts as right if it has a format of that region.
    """

    gray: Gray
    text: str
    choosing: bool
    region: str | None = None


@dataclass(frozen=True)
class Crop:
    """A crop as one model sees it.

    Attributes:
        logits: of the first look, float32 (1, steps, classes and blank).
    """

    picture: Picture
    model: Model
    logits: Logits

    @cached_property
    def more_logits(self) -> Logits:
        """Of the other looks, float32 (looks, steps, classes and blank); they are run when first needed."""
        return self.model.predict_pictures(other_looks(self.picture.gray))

    @cached_property
    def first(self) -> list[Candidate]:
        """The texts of the first look, at the model's own temperature."""
        return self._texts(self.logits, self.model.manifest.temperature)[0]

    @cached_property
    def others(self) -> list[list[Candidate]]:
        """The texts of the other looks, at the model's own temperature."""
        return self._texts(self.more_logits, self.model.manifest.temperature)

    def read(self, prior: Prior) -> Reading:
        """Read it as `recognise.read_plate` does, by another prior."""
        return read_looks(self.first, lambda: self.others, prior, self._below)

    def read_at(self, temperature: float, prior: Prior) -> Reading:
        """Read it as `recognise.read_plate` does, at another temperature."""
        (first,) = self._texts(self.logits, temperature)
        return read_looks(first, lambda: self._texts(self.more_logits, temperature), prior, self._below)

    def is_right(self, reading: Reading) -> bool:
        """Whether the text that was read is right; see `is_right_text`."""
        return self.is_right_text(reading.text)

    def is_right_text(self, text: str) -> bool:
        """Whether a text is right, O=0 and I=1 as one."""
        if self.picture.region is not None:
            return find_region(self.picture.region).fits(text)
        return fold(text) == fold(self.picture.text)

    @property
    def _below(self) -> float:
        return self.model.manifest.thresholds.get("second_look", BELOW)

    def _texts(self, logits: Logits, temperature: float) -> list[list[Candidate]]:
        return find_candidates(logits, self.model.manifest.decoding, self.model.manifest.script, temperature)


def load_real(name: str) -> list[Picture]:
    """Return the labelled crops of a development set."""
    path = SHARED / name / "labels.csv"
    if not path.is_file():
        raise SystemExit(f"no real pictures at {SHARED}; name their folder with PLATE_EDGE_SHARED_DATA")
    entries = [entry for entry in read_labels(path) if entry.text]
    return [
        Picture(open_picture(one.path).gray(), one.text, chooses(one)) for one in progress(entries, len(entries), name)
    ]


def load_chinese() -> list[Picture]:
    """Return the labelled plates of `frames-china`, rectified; their texts are unknown."""
    pictures = []
    for frame in by_picture(read_labels(SHARED / "frames-china" / "labels.csv")):
        gray = open_picture(frame.path).gray()
        crops = [rectify(gray, one.corners) for one in frame.plates if one.corners]
        pictures += [Picture(one, "", chooses(frame), "cn") for one in crops]
    return pictures


def draw(name: str, seed: int, count: int, kinds: Sequence[str] | None = None, choosing: bool = False) -> list[Picture]:
    """Return synthetic plates of the part "measure": layouts and fonts that no network was trained on."""
    renderer = PlateRenderer(installed_fonts(), seed, "measure", None if kinds is None else tuple(kinds))
    painted = (renderer.render(index) for index in progress(range(count), count, name))
    return [Picture(gray, text, choosing) for gray, text in painted]


def look(pictures: Sequence[Picture], model: Model) -> list[Crop]:
    """Run the network once for each crop."""
    crops = []
    for start in range(0, len(pictures), 32):
        part = pictures[start : start + 32]
        logits = model.predict_pictures([one.gray for one in part])
        crops += [Crop(one, model, logits[place : place + 1]) for place, one in enumerate(part)]
    return crops


def calibration_interval(confidences: Sequence[float], correct: Sequence[bool]) -> tuple[float, float]:
    """Return the interval that holds 95 % of the calibration errors of bootstrap samples (Efron 1979), seed fixed."""
    levels, hits = np.asarray(confidences, np.float64), np.asarray(correct, bool)
    if not levels.size:
        return 0.0, 0.0
    random = np.random.default_rng(0)
    samples = (random.integers(0, levels.size, levels.size) for _ in range(1000))
    errors = [calibration(levels[places], hits[places])[0] for places in samples]
    low, high = np.percentile(errors, (2.5, 97.5))
    return float(low), float(high)
