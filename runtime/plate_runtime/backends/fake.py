"""A backend without a network, for trying out everything around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..modelfile import ModelFile

_CONFIDENCE = 0.98


class FakeBackend:
    """Answers with the signs of a text, one after the other and from the start again, each with confidence 0.98.

    Without a text it goes through the model's alphabet.
    """

    name = "fake"
    version = "1"
    input_dtype = output_dtype = "float32"

    def __init__(self, file: ModelFile, text: str = "") -> None:
        alphabet = file.manifest.alphabet
        foreign = sorted(set(text) - set(alphabet))
        if foreign:
            raise UsageError(f"the fake backend cannot answer {', '.join(map(repr, foreign))}; use signs of {alphabet}")
        self._classes = len(alphabet)
        self._answers = [alphabet.index(sign) for sign in text or alphabet]
        self._next = 0

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Answer a batch, float32 (n, ...) -> float32 (n, classes); the content of `inputs` does not matter."""
        rest = (1 - _CONFIDENCE) / max(1, self._classes - 1)
        results = np.full((len(inputs), self._classes), rest, np.float32)
        for row in results:
            row[self._answers[self._next % len(self._answers)]] = _CONFIDENCE
            self._next += 1
        return results

    def close(self) -> None:
        """Nothing to free."""
