"""A model file with a right manifest and a right digest that an interpreter may not survive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tflite_writer import write_tflite
from tiny_models import model_bytes

from plate_runtime.model_file import build_model_file, read_model_file


def crashing_model(folder: Path) -> Path:
    """Write a `.tflite` that splits its input into no part at all: LiteRT 2.3.0 ends with SIGSEGV."""
    path = folder / "crashing.tflite"
    path.write_bytes(model_bytes("tflite"))
    manifest = read_model_file(path).manifest
    tensors = [
        {"name": "pixels", "shape": [1, 28, 28, 1]},
        {"name": "axis", "shape": [1], "buffer": 1, "type": "INT32"},
        {"name": "probabilities", "shape": [1, len(manifest.alphabet)]},
    ]
    split = {"name": "split", "version": 1, "inputs": [1, 0], "outputs": [2], "options": {"numSplits": 0}}
    content = write_tflite(tensors, [np.zeros(1, np.int32).tobytes()], [split])
    path.write_bytes(build_model_file(content, "tflite", manifest))
    return path
