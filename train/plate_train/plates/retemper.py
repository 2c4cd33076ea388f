"""Fit the temperature of model files once more, where decoding has changed and the network has not.

    python -m plate_train.plates.retemper MODEL.tflite MODEL.onnx ...

Fitted on drawn plates of the part "measure", with a seed that nothing else uses; every file is written whole or not at
all, its digest with it.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime import commandline
from plate_runtime.model import open_model
from plate_runtime.modelfile import build_model_file

from ..atomic import replacing
from ..draw.fonts import installed_fonts
from ..draw.plates.painter import PlatePainter
from ..progress import progress
from .calibrate import fit_temperature

PROG = "plate_train.plates.retemper"
SEED, COUNT, _AT_ONCE = 930_001, 2048, 32


def command(arguments: Sequence[str]) -> int:
    """Fit and write each file; print what was and what is."""
    parser = argparse.ArgumentParser(prog=PROG, description="Fit the temperature of networks for whole plates again.")
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args(arguments)
    painter = PlatePainter(installed_fonts(), SEED, "measure")
    drawn = []
    with progress(COUNT, "drawing", "plate") as bar:
        for index in range(COUNT):
            drawn.append(painter.paint(index))
            bar.update()
    pictures, texts = [picture for picture, _ in drawn], [text for _, text in drawn]
    for path in options.models:
        retemper(path, pictures, texts)
    return 0


def retemper(path: Path, pictures: Sequence[NDArray[np.uint8]], texts: Sequence[str]) -> float:
    """Fit the temperature of one file on crops, gray uint8 (h, w), and their texts; write and return it.

    Raises:
        ModelError: the file is no network of whole plates.
    """
    with open_model(path, "plate") as model:
        parts = [pictures[start : start + _AT_ONCE] for start in range(0, len(pictures), _AT_ONCE)]
        logits = np.concatenate([model.predict_pictures(part, "auto") for part in parts])
        file, manifest = model.file, model.manifest
    temperature = fit_temperature(logits, texts, manifest.decoding)
    with replacing(path) as unfinished:
        changed = dataclasses.replace(manifest, temperature=temperature)
        unfinished.write_bytes(build_model_file(file.content, file.format, changed))
    print(f"{path}: temperature {manifest.temperature} -> {temperature}", flush=True)
    return temperature


if __name__ == "__main__":
    commandline.run(command, PROG)
