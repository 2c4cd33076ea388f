"""Whether what a detector found can be read: by the reader that ships for frames, in a process of its own."""

from __future__ import annotations

import numpy as np

from plate_runtime.decode import decode_logits
from plate_runtime.detect import straighten
from plate_runtime.errors import UsageError
from plate_runtime.model_file import read_model_file
from plate_runtime.preprocess import resize_picture, scale_pixels
from plate_runtime.shipped import shipped_model, ships

from ..check_sets.scene_set import Frames
from .frame_check import Found
from .reading_process import installed, read_all


def count_read(found: Found, frames: Frames) -> int | None:
    """Return how many of the plates with a text are read exactly from the corners found; None without a reader."""
    versions = installed()
    backend = next((name for name in ("litert", "tflite") if versions[name]), None)
    if backend is None or not ships("frame"):
        return None
    path = shipped_model("frame")
    manifest = read_model_file(path).manifest
    crops, labels = [], []
    for place, matches in enumerate(found.matches):
        original, size = frames.originals[place], frames.sizes[place]
        scale = original.shape[1] / size[0], original.shape[0] / size[1]
        for (_, text), number in zip(frames.plates[place], matches.found, strict=True):
            if not text or number is None:
                continue
            corners = tuple((x * scale[0], y * scale[1]) for x, y in found.detections[place][number].corners)
            try:
                crops.append(resize_picture(straighten(original, corners), manifest.input))
            except UsageError:  # no quadrilateral any more in the original's pixels
                continue
            labels.append(text)
    if not crops:
        return 0
    outputs = read_all(path, backend, scale_pixels(np.stack(crops), manifest.input)).outputs
    readings = decode_logits(outputs, manifest.decoding, manifest.script, manifest.temperature)
    return sum(reading.text == label for reading, label in zip(readings, labels, strict=True))


def count_texts(frames: Frames) -> int:
    """Return how many plates have a text."""
    return sum(bool(text) for plates in frames.plates for _, text in plates)
