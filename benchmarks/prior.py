"""Which numbers of the prior over texts read most plates? And what does the prior gain, and cost?

The numbers are chosen on drawn plates of the part "measure" and on one half of the development sets (halves.py); the
other half and made-up words, drawn for this alone, are only reported. Neither model nor prior has seen any of them.

python benchmarks/prior.py             what ships -> results/prior.csv
python benchmarks/prior.py --choose    a grid around it -> results/prior-choice.csv
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from halves import chooses
from measuring import SHARED, command_line, write_csv
from numpy.typing import NDArray

from plate_devices.cli.status_line import progress
from plate_runtime.alphabet import fold
from plate_runtime.decode import Candidate, Reading, choose, find_candidates
from plate_runtime.decode.prior import Prior, find_prior, make_prior
from plate_runtime.evaluate import calibration, calibration_interval
from plate_runtime.formats import load_prior
from plate_runtime.labels import read_labels
from plate_runtime.model import Model, open_model
from plate_runtime.pictures.open_picture import open_picture
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.plates.painter import PlatePainter

SETS = {"plates-us": "us", "plates-romania": "ro", "plates-argentina": "ar", "plates-ny": "us-ny", "plates-vn": "vn"}
"""The development sets, and the region that is named to `--region`."""
MODELS = ("plate-reader", "plate-reader-nano")
DRAWN, WORDS = 920_001, 920_002
"""Seeds of the plates that measure and of the made-up words; nothing else is drawn with them."""
COUNTS = {DRAWN: 2048, WORDS: 1024}
GRID: dict[str, tuple[float, ...]] = {
    "exponent": (0.35, 0.5, 0.7, 1.0),
    "longer": (0.35, 0.46, 0.6, 1.0),
    "free": (0.1, 0.2, 0.3),
}


@dataclass(frozen=True)
class Crops:
    """One set as one model sees it: candidates and text of each crop, and whether numbers are chosen on it."""

    name: str
    model: str
    candidates: list[list[Candidate]]
    texts: list[str]
    choosing: NDArray[np.bool_]

    def right(self, prior: Prior) -> NDArray[np.bool_]:
        """Return which texts are read right, O=0 and I=1 as one."""
        return _right([choose(one, prior) for one in self.candidates], self.texts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Score what ships, or the grid, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("--choose", action="store_true", help="score the grid on the half that chooses")
    asked = parser.parse_args(arguments)
    drawn = {title: _draw(title, seed) for title, seed in (("drawn", DRAWN), ("words", WORDS))}
    sets = [crops for name in MODELS for crops in _load(name, drawn)]
    write_csv(*(("prior-choice", _grid(sets)) if asked.choose else ("prior", _shipped(sets))))


def _grid(sets: Sequence[Crops]) -> list[dict[str, object]]:
    rows = []
    combinations = list(itertools.product(*GRID.values()))
    for values in progress(combinations, len(combinations), "numbers"):
        numbers = dict(zip(GRID, values, strict=True))
        prior = make_prior(None, {**load_prior(), **numbers})
        counts = {
            f"{one.name} {one.model}": int(one.right(prior)[one.choosing].sum()) for one in sets if one.choosing.any()
        }
        shares = [counts[f"{one.name} {one.model}"] / one.choosing.sum() for one in sets if one.choosing.any()]
        rows.append({**numbers, "mean_percent": round(100 * float(np.mean(shares)), 3), **counts})
    return sorted(rows, key=lambda row: -float(str(row["mean_percent"])))


def _shipped(sets: Sequence[Crops]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one in sets:
        region = SETS.get(one.name, "us" if one.name == "words" else None)
        for half, inside in (("chooses", one.choosing), ("reports", ~one.choosing)):
            if inside.any():
                rows.append(_row(one, half, inside, region))
    return rows


def _row(crops: Crops, half: str, inside: NDArray[np.bool_], region: str | None) -> dict[str, object]:
    texts = [text for text, kept in zip(crops.texts, inside, strict=True) if kept]
    candidates = [found for found, kept in zip(crops.candidates, inside, strict=True) if kept]
    among = [fold(text) in [one.text for one in found] for found, text in zip(candidates, texts, strict=True)]
    prior = find_prior()
    started = time.thread_time()
    readings = [choose(found, prior) for found in candidates]
    spent = time.thread_time() - started
    right = _right(readings, texts)
    confidences = [one.confidence for one in readings]
    low, high = calibration_interval(confidences, right)
    within = np.array(confidences) >= 0.5
    named = int(_right([choose(found, find_prior(region)) for found in candidates], texts).sum()) if region else ""
    return {
        "set": crops.name, "model": crops.model, "half": half, "count": len(texts),
        "network": sum(found[0].text == fold(text) for found, text in zip(candidates, texts, strict=True)),
        "prior": int(right.sum()), "region": region or "", "with_region": named,
        "among_candidates": sum(among),
        "right_above_half": int((right & within).sum()), "wrong_above_half": int((~right & within).sum()),
        "ece": round(calibration(confidences, right)[0], 4), "ece_low": round(low, 4), "ece_high": round(high, 4),
        "prior_ms": round(1000 * spent / len(texts), 3),
    }  # fmt: skip


def _right(readings: Sequence[Reading], texts: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([fold(one.text) == fold(text) for one, text in zip(readings, texts, strict=True)], bool)


def _draw(title: str, seed: int) -> list[tuple[NDArray[np.uint8], str]]:
    painter = PlatePainter(installed_fonts(), seed, "measure", ("wish",) if title == "words" else None)
    return [painter.paint(index) for index in progress(range(COUNTS[seed]), COUNTS[seed], title)]


def _load(name: str, drawn: Mapping[str, Sequence[tuple[NDArray[np.uint8], str]]]) -> list[Crops]:
    found = []
    with open_model(name, "plate") as model:
        for folder in SETS:
            labelled = [one for one in read_labels(SHARED / folder / "labels.csv") if one.text]
            pictures = [open_picture(one.path).gray() for one in progress(labelled, len(labelled), folder)]
            halves = np.array([chooses(one) for one in labelled])
            found.append(_crops(folder, model, pictures, [one.text for one in labelled], halves))
        for title, plates in drawn.items():
            halves = np.full(len(plates), title == "drawn")
            found.append(_crops(title, model, [one for one, _ in plates], [text for _, text in plates], halves))
    return found


def _crops(
    name: str, model: Model, pictures: Sequence[NDArray[np.uint8]], texts: list[str], choosing: NDArray[np.bool_]
) -> Crops:
    about = model.manifest
    candidates = []
    for start in range(0, len(pictures), 32):
        logits = model.predict_pictures(pictures[start : start + 32], "auto")
        candidates += find_candidates(logits, about.decoding, about.alphabet, about.temperature)
    return Crops(name, about.name, candidates, texts, choosing)


if __name__ == "__main__":
    main()
