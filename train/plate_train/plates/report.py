"""Results of a finished run: scores before and after, calibration, plots, and `report.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plate_runtime.decode import decode_logits
from plate_runtime.evaluate import calibration
from plate_runtime.script import LATIN

from ..networks.weights_file import ModelMeta
from . import plots
from .calibrate import fit_temperature
from .score import PlateScore, read_as_product, right, score
from .steps import PlateSteps


def finish(loop: PlateSteps, before: Mapping[str, PlateScore]) -> dict[str, Any]:
    """Fit the temperature on synthetic plates, write the plots, and return the report as JSON values.

    Labelled crops are read as `plate-eval` reads them; `one_look` has the scores that the learning curves show.

    Args:
        loop: a finished one. before: scores of the network that training started from, with one look at each crop.
    """
    logits, sets = loop.logits(), loop.sets
    temperature = fit_temperature(logits["drawn"], loop.val.texts, loop.decoding)
    readings = {name: decode_logits(found, loop.decoding, LATIN, temperature) for name, found in logits.items()}
    one_look = {name: score(found, sets[name].texts) for name, found in readings.items()}
    meta = ModelMeta(input=loop.spec, kind="plate", decoding=loop.decoding, steps=logits["drawn"].shape[1],
                     temperature=temperature)  # fmt: skip
    for name, entry in sets.items():
        if entry.listed:
            readings[name] = read_as_product(loop.training.read, entry, meta)
    scores = {name: score(found, sets[name].texts) for name, found in readings.items()}
    plots.learning_curves(loop.state, before, list(sets), loop.folder / "learning_curves.png")
    plots.reliability(sets, readings, loop.folder / "reliability.png")
    bins = {}
    for name, found in readings.items():
        plots.misread(sets[name], found, loop.folder / f"misread-{name}.png")
        confidences = [reading.confidence for reading in found]
        bins[name] = [vars(entry) for entry in calibration(confidences, right(found, sets[name].texts))[1]]
        loop.say(f"{name}: {scores[name]}")
        if name in before:
            loop.say(f"{name} with one look: {one_look[name].percent:.1f} %, before: {before[name].percent:.1f} %")
    return {
        "temperature": temperature,
        "scores": {name: found.to_json() for name, found in scores.items()},
        "one_look": {name: found.to_json() for name, found in one_look.items()},
        "before": {name: found.to_json() for name, found in before.items()},
        "calibration": bins,
    }
