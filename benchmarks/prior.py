"""Which numbers of the prior over texts read most plates? And what does the prior gain, and cost?

The numbers are chosen on synthetic plates of the part "measure" and on one half of the development sets (halves.py).
The other half and made-up words of another seed only report. No model has seen any of them. Of settings that differ by
less than a crop or two a set, the one that reads most serials of China's format in `frames-china` is taken.

python benchmarks/prior.py             what ships -> results/prior.csv
python benchmarks/prior.py --choose    a grid around it -> results/prior-choice.csv
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from crops import MODELS, SETS, Crop, calibration_interval, draw, load_chinese, load_real, look
from measuring import command_line, write_csv
from numpy.typing import NDArray

from plate_devices.status_line import progress
from plate_runtime.decode import choose
from plate_runtime.decode.prior import Prior, find_prior, make_prior
from plate_runtime.evaluate import calibration
from plate_runtime.formats import load_prior
from plate_runtime.model import open_model
from plate_runtime.results import Reading

SYNTHETIC, WORDS = 920_001, 920_002
"""Seeds of the plates that measure and of the made-up words; nothing else is drawn with them."""
COUNTS = {SYNTHETIC: 2048, WORDS: 1024}
GRID: dict[str, tuple[float, ...]] = {
    "exponent": (0.35, 0.5, 0.7, 1.0),
    "longer": (0.35, 0.46, 0.6, 1.0),
    "free": (0.1, 0.2, 0.3),
}


@dataclass(frozen=True)
class Set:
    """The crops of one set as one model sees them."""

    name: str
    model: str
    crops: list[Crop]

    def half(self, choosing: bool) -> list[Crop]:
        """Return those on which numbers are chosen, or those that only report."""
        return [one for one in self.crops if one.picture.choosing == choosing]


def main(arguments: Sequence[str] | None = None) -> None:
    """Score what ships, or the grid, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("--choose", action="store_true", help="score the grid on the half that chooses")
    asked = parser.parse_args(arguments)
    pictures = {name: load_real(name) for name in SETS}
    pictures["synthetic"] = draw("synthetic", SYNTHETIC, COUNTS[SYNTHETIC], choosing=True)
    pictures["frames-china"] = load_chinese()
    if not asked.choose:
        pictures["words"] = draw("words", WORDS, COUNTS[WORDS], ("vanity",))
    with ExitStack() as opened:
        models = [opened.enter_context(open_model(name, "plate")) for name in MODELS]
        sets = [
            Set(name, model.manifest.name, look(some, model)) for model in models for name, some in pictures.items()
        ]
        write_csv(*(("prior-choice", _grid(sets)) if asked.choose else ("prior", _shipped(sets))))


def _grid(sets: Sequence[Set]) -> list[dict[str, object]]:
    """Score each combination as the command reads, second looks included; every set counts alike, synthetic as one.

    `frames-china` is beside the mean: a serial of its format may still be wrong, and a prior that drops characters in
    doubt looks better there than it is.
    """
    rows = []
    combinations = list(itertools.product(*GRID.values()))
    for values in progress(combinations, len(combinations), "numbers"):
        numbers = dict(zip(GRID, values, strict=True))
        prior = make_prior(None, {**load_prior(), **numbers})
        right = {f"{one.name} {one.model}": _right(one.half(True), prior) for one in sets}
        mean = 100 * float(np.mean([hits.mean() for name, hits in right.items() if "china" not in name]))
        counts = {name: int(hits.sum()) for name, hits in right.items()}
        rows.append({**numbers, "mean_percent": round(mean, 3), **counts})
    return sorted(rows, key=lambda row: -float(str(row["mean_percent"])))


def _right(crops: Sequence[Crop], prior: Prior) -> NDArray[np.bool_]:
    return np.array([one.is_right(one.read(prior)) for one in crops], bool)


def _shipped(sets: Sequence[Set]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one in progress(sets, len(sets), "sets"):
        region = SETS.get(one.name, "us" if one.name == "words" else None)
        for half, crops in (("chooses", one.half(True)), ("reports", one.half(False))):
            if crops:
                rows.append({"set": one.name, "model": one.model, "half": half, **_row(crops, region)})
    return rows


def _row(crops: Sequence[Crop], region: str | None) -> dict[str, object]:
    prior = find_prior()
    among = [any(one.is_right_text(found.text) for found in one.first) for one in crops]
    network = [one.is_right_text(one.first[0].text) for one in crops]
    started = time.thread_time()
    once = [choose(one.first, prior) for one in crops]
    spent = time.thread_time() - started
    readings = [one.read(prior) for one in crops]
    right = _hits(crops, readings)
    confidences = [one.confidence for one in readings]
    low, high = calibration_interval(confidences, right)
    within = np.array(confidences) >= 0.5
    named = int(_right(crops, find_prior(region)).sum()) if region else ""
    return {
        "count": len(crops), "network": sum(network), "prior": int(_hits(crops, once).sum()),
        "prior_and_looks": int(right.sum()), "region": region or "", "with_region": named,
        "among_candidates": sum(among),
        "right_above_half": int((right & within).sum()), "wrong_above_half": int((~right & within).sum()),
        "ece": round(calibration(confidences, right)[0], 4), "ece_low": round(low, 4), "ece_high": round(high, 4),
        "prior_ms": round(1000 * spent / len(crops), 3),
    }  # fmt: skip


def _hits(crops: Sequence[Crop], readings: Sequence[Reading]) -> NDArray[np.bool_]:
    return np.array([one.is_right(reading) for one, reading in zip(crops, readings, strict=True)], bool)


if __name__ == "__main__":
    main()
