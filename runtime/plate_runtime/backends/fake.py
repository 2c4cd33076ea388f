"""A backend without a network, for trying out everything around it."""

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
    """Answers with the signs of a text, one after the other and from the start again, each with confidence 0.98.

    As a network for whole plates it answers each picture with the whole text. Without a text it goes through the
    model's alphabet. As a detector it finds one plate in the middle of every picture's input, whatever the text.
    """

    name = "fake"
    version = "1"
    input_dtype = output_dtype = "float32"

    def __init__(self, file: ModelFile, text: str = "") -> None:
        manifest = file.manifest
        self._next = 0
        if manifest.kind == "detector":
            self._answers = _one_plate(manifest)
            return
        foreign = sorted(set(text) - set(manifest.alphabet))
        if foreign:
            signs = ", ".join(map(repr, foreign))
            raise UsageError(f"the fake backend cannot answer {signs}; use signs of {manifest.alphabet}")
        if manifest.steps:
            self._answers = _plate_answers(manifest, text)
        else:
            self._answers = _rows([manifest.alphabet.index(sign) for sign in text or manifest.alphabet], manifest)

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answer a batch, float32 (n, ...) -> float32 (n, *output shape); what is in `inputs` does not matter."""
        chosen = [(self._next + number) % len(self._answers) for number in range(len(inputs))]
        self._next += len(inputs)
        return self._answers[chosen]

    def close(self) -> None:
        """Nothing to free."""


def _one_plate(manifest: Manifest) -> NDArray[np.float32]:
    """A detector's answer, float32 (1, cells, 9): in the middle cell of the coarsest level a plate 3 by 1 cells."""
    height, width, _ = manifest.input.shape
    stride = max(manifest.strides)
    before = sum(height // one * (width // one) for one in manifest.strides[: manifest.strides.index(stride)])
    answers = np.zeros((1, *manifest.output_shape), np.float32)
    answers[..., 0] = -20
    middle = before + (height // stride // 2) * (width // stride) + width // stride // 2
    logit = manifest.temperature * np.log(_CONFIDENCE / (1 - _CONFIDENCE))
    answers[0, middle] = [logit, -1.5, -0.5, 1.5, -0.5, 1.5, 0.5, -1.5, 0.5]
    return answers


def _rows(classes: list[int], manifest: Manifest) -> NDArray[np.float32]:
    """Probabilities that favour one class each, float32 (n, last axis of the output)."""
    width = manifest.output_shape[-1]
    rows = np.full((len(classes), width), (1 - _CONFIDENCE) / max(1, width - 1), np.float32)
    rows[np.arange(len(classes)), classes] = _CONFIDENCE
    return rows


def _plate_answers(manifest: Manifest, text: str) -> NDArray[np.float32]:
    """Logits of the answer, float32 (1, steps, classes and blank); blanks are sure, and in "ctc" after each sign."""
    stride = 2 if manifest.decoding == "ctc" else 1
    room = (manifest.steps + stride - 1) // stride
    if len(text) > room:
        raise UsageError(f"the fake backend cannot answer {text}: the model has room for {room} signs")
    blank = len(manifest.alphabet)
    classes = [blank] * manifest.steps
    for number, sign in enumerate(text or manifest.alphabet[: min(room, _LONGEST_PLATE)]):
        classes[number * stride] = manifest.alphabet.index(sign)
    rows = _rows(classes, manifest)
    rows[np.array(classes) == blank] = np.eye(blank + 1, dtype=np.float32)[blank]
    logits: NDArray[np.float32] = np.log(rows + 1e-9)[None].astype(np.float32)
    return logits
