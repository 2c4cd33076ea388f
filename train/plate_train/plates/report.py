"""Results of a finished run: scores before and after, calibration, plots, and `report.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plate_runtime.decode import decode_logits
from plate_runtime.evaluate import calibration
from plate_runtime.script import LATIN

from . import plots
from .calibrate import fit_temperature
from .score import PlateScore, right, score
from .steps import PlateSteps


def finish(loop: PlateSteps, before: Mapping[str, PlateScore]) -> dict[str, Any]:
    """Fit the temperature on synthetic plates, write the plots, and return the report as JSON values.

    Args:
        loop: a finished one. before: scores of the network that training started from.
    """
    logits, sets = loop.logits(), loop.sets
    temperature = fit_temperature(logits["drawn"], loop.val.texts, loop.decoding)
    readings = {name: decode_logits(found, loop.decoding, LATIN, temperature) for name, found in logits.items()}
    scores = {name: score(found, sets[name].texts) for name, found in readings.items()}
    plots.learning_curves(loop.state, before, list(sets), loop.folder / "learning_curves.png")
    plots.reliability(sets, readings, loop.folder / "reliability.png")
    bins = {}
    for name, found in readings.items():
        plots.misread(sets[name], found, loop.folder / f"misread-{name}.png")
        confidences = [reading.confidence for reading in found]
        bins[name] = [vars(entry) for entry in calibration(confidences, right(found, sets[name].texts))[1]]
        loop.say(f"{name}: {scores[name]}" + (f"; before: {before[name]}" if name in before else ""))
    return {
        "temperature": temperature,
        "scores": {name: found.to_json() for name, found in scores.items()},
        "before": {name: found.to_json() for name, found in before.items()},
        "calibration": bins,
    }
