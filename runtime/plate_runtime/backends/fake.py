"""A backend without a network, for trials and tests of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..manifest import Manifest
    from ..model_file import ModelFile

_CONFIDENCE = 0.98
_LONGEST_PLATE = 10


class FakeBackend:
    """Reads the characters of a text in turn, and from the start again, each with confidence 0.98.

    As a network of plates it reads the whole text in each picture. Without a text it reads the model's alphabet. As a
    detector it detects one plate in the middle of every input.
    """

    name = "fake"
    version = "1"
    input_dtype = output_dtype = "float32"

    def __init__(self, file: ModelFile, text: str = "") -> None:
        manifest = file.manifest
        self._next = 0
        if manifest.kind == "detector":
            self._outputs = _one_plate(manifest)
            return
        foreign = sorted(set(text) - set(manifest.alphabet))
        if foreign:
            characters = ", ".join(map(repr, foreign))
            raise UsageError(f"the fake backend cannot read {characters}; use characters of {manifest.alphabet}")
        if manifest.steps:
            self._outputs = _plate_logits(manifest, text)
        else:
            self._outputs = _rows(
                [manifest.alphabet.index(character) for character in text or manifest.alphabet], manifest
            )

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs for a batch, float32 (n, ...) -> float32 (n, *output shape); the content is ignored."""
        chosen = [(self._next + number) % len(self._outputs) for number in range(len(inputs))]
        self._next += len(inputs)
        return self._outputs[chosen]

    def close(self) -> None:
        """Nothing to free."""


def _one_plate(manifest: Manifest) -> NDArray[np.float32]:
    """Return a detector's output, float32 (1, cells, 9): in the middle a plate of 3 by 1 coarse cells."""
    height, width, _ = manifest.input.shape
    stride = max(manifest.strides)
    before = sum(height // one * (width // one) for one in manifest.strides[: manifest.strides.index(stride)])
    outputs = np.zeros((1, *manifest.output_shape), np.float32)
    outputs[..., 0] = -20
    middle = before + (height // stride // 2) * (width // stride) + width // stride // 2
    logit = manifest.temperature * np.log(_CONFIDENCE / (1 - _CONFIDENCE))
    outputs[0, middle] = [logit, -1.5, -0.5, 1.5, -0.5, 1.5, 0.5, -1.5, 0.5]
    return outputs


def _rows(classes: list[int], manifest: Manifest) -> NDArray[np.float32]:
    """Return probabilities with one likely class per row, float32 (n, last axis of the output)."""
    width = manifest.output_shape[-1]
    rows = np.full((len(classes), width), (1 - _CONFIDENCE) / max(1, width - 1), np.float32)
    rows[np.arange(len(classes)), classes] = _CONFIDENCE
    return rows


def _plate_logits(manifest: Manifest, text: str) -> NDArray[np.float32]:
    """Return logits of a text, float32 (1, steps, classes and blank); for "ctc" with a blank after each character."""
    stride = 2 if manifest.decoding == "ctc" else 1
    room = (manifest.steps + stride - 1) // stride
    if len(text) > room:
        raise UsageError(f"the fake backend cannot read {text}: the model has room for {room} characters")
    blank = len(manifest.alphabet)
    classes = [blank] * manifest.steps
    for number, character in enumerate(text or manifest.alphabet[: min(room, _LONGEST_PLATE)]):
        classes[number * stride] = manifest.alphabet.index(character)
    rows = _rows(classes, manifest)
    rows[np.array(classes) == blank] = np.eye(blank + 1, dtype=np.float32)[blank]
    logits: NDArray[np.float32] = np.log(rows + 1e-9)[None].astype(np.float32)
    return logits
