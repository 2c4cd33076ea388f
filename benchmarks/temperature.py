"""Which temperature makes the confidences of crops probabilities, as the command reads them today?

    python benchmarks/temperature.py            -> results/temperature.csv
    python benchmarks/temperature.py --write    the same, and the fitted temperatures go into the model files

Training fits the temperature by one look at each crop. The command takes second looks, and prior and synthetic plates
change between trainings. So this fits it again on synthetic plates alone, by the code that the command runs: least
log-loss of "right, O=0 and I=1 as one" (Guo et al. 2017). Other synthetic plates and the real sets only report.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from crops import MODELS, SETS, Crop, calibration_interval, draw, load_real, look
from measuring import command_line, whole, write_csv
from numpy.typing import NDArray

from plate_devices.status_line import progress
from plate_runtime.decode.prior import find_prior
from plate_runtime.evaluate import calibration
from plate_runtime.model import open_model
from plate_runtime.model_file import read_model_file, replace_manifest
from plate_runtime.shipped import named_model
from plate_train.atomic import replacing
from plate_train.loop.calibrate import find_temperature, log_loss

FITTED, REPORTED = 930_001, 930_002
"""Seeds of the synthetic plates to fit on and to report; nothing else is drawn with them."""
COUNT = 1024
LEAST, MOST = 0.6, 1.8


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit each model, write the table, and the models if asked to."""
    parser = command_line(__doc__)
    parser.add_argument("--write", action="store_true", help="write the fitted temperatures into the model files")
    parser.add_argument("--count", type=whole(100), default=COUNT, help=f"synthetic plates to fit on ({COUNT})")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="NAME", help="shipped names, or int8 files")
    asked = parser.parse_args(arguments)
    fitted_on = draw("to fit", FITTED, asked.count)
    reported = {"synthetic": draw("to report", REPORTED, asked.count), **{name: load_real(name) for name in SETS}}
    rows = []
    for name in asked.models:
        with open_model(name, "plate") as model:
            before = model.manifest.temperature
            fitted = fit(look(fitted_on, model))
            sets = {"synthetic, fitted": fitted_on, **reported}
            rows += [
                {"model": model.manifest.name, "set": set_name, "count": len(pictures), **row}
                for set_name, pictures in progress(sets.items(), len(sets), f"sets, {model.manifest.name}")
                for row in score(look(pictures, model), {"before": before, "fitted": fitted})
            ]
        if asked.write:
            for path in files_of(name):
                write(path, fitted)
    write_csv("temperature", rows)


def fit(crops: Sequence[Crop]) -> float:
    """Return the temperature, 0.6 to 1.8, with the least log-loss."""
    return find_temperature(lambda temperature: log_loss(*_read(crops, temperature)), LEAST, MOST)


def score(crops: Sequence[Crop], temperatures: dict[str, float]) -> list[dict[str, object]]:
    """Return a row for each temperature: what is read right, the loss, and the calibration error."""
    rows: list[dict[str, object]] = []
    for which, temperature in temperatures.items():
        confidences, right = _read(crops, temperature)
        low, high = calibration_interval(confidences, right)
        rows.append({
            "which": which, "temperature": temperature, "right": int(right.sum()),
            "right_above_half": int((right & (np.array(confidences) >= 0.5)).sum()),
            "wrong_above_half": int((~right & (np.array(confidences) >= 0.5)).sum()),
            "log_loss": round(log_loss(confidences, right), 4),
            "ece": round(calibration(confidences, right)[0], 4), "ece_low": round(low, 4), "ece_high": round(high, 4),
        })  # fmt: skip
    return rows


def files_of(name: str | Path) -> list[Path]:
    """Return the files that hold the network of a name or file: one for each interpreter's format."""
    path = named_model(name)
    return sorted(one for one in path.parent.glob(f"{path.stem}.*") if one.suffix in (".tflite", ".onnx"))


def write(path: Path, temperature: float) -> None:
    """Give a model file another temperature; it is written whole or not at all, with its digest."""
    file = read_model_file(path)
    changed = dataclasses.replace(file.manifest, temperature=temperature)
    with replacing(path) as unfinished:
        unfinished.write_bytes(replace_manifest(file, changed))
        read_model_file(unfinished)


def _read(crops: Sequence[Crop], temperature: float) -> tuple[list[float], NDArray[np.bool_]]:
    """Return confidence of each reading, and whether it is right."""
    prior = find_prior()
    readings = [one.read_at(temperature, prior) for one in crops]
    right = [one.is_right(reading) for one, reading in zip(crops, readings, strict=True)]
    return [one.confidence for one in readings], np.array(right, bool)


if __name__ == "__main__":
    main()
