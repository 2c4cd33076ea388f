"""Counts of right readings, the same for every table of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.evaluate import calibration, score_texts
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import scale_pixels

from .augment import perturbations
from .datasets import CharacterSet

_PREDICT_AT_ONCE = 512


@dataclass(frozen=True)
class Score:
    """How a set was read: `right` of `count`, `folded` with O=0 and I=1 as one; mean log-loss; calibration error."""

    count: int
    right: int
    folded: int
    loss: float
    ece: float

    @property
    def accuracy(self) -> float:
        """Share read exactly, 0..1."""
        return self.right / max(1, self.count)

    def __str__(self) -> str:
        return f"{self.right} of {self.count} ({100 * self.accuracy:.2f} %), folded {self.folded}, loss {self.loss:.4f}"

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values, `accuracy` included."""
        return asdict(self) | {"accuracy": self.accuracy}


def predict(model: Any, pictures: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return probabilities float32 (n, classes) for uint8 (n, h, w)."""
    batches = [
        np.asarray(model.predict_on_batch(scale_pixels(pictures[start : start + _PREDICT_AT_ONCE], spec)))
        for start in range(0, len(pictures), _PREDICT_AT_ONCE)
    ]
    return np.concatenate(batches).astype(np.float32)


def score(probabilities: NDArray[np.float32], labels: NDArray[np.int64], alphabet: str = ALPHABET) -> Score:
    """Score probabilities (n, classes) against labels (n,)."""
    best = probabilities.argmax(axis=1)
    text = score_texts([alphabet[index] for index in best], [alphabet[index] for index in labels])
    ece, _ = calibration(probabilities.max(axis=1), best == labels)
    return Score(text.count, text.exact, text.folded, cross_entropy(probabilities, labels), ece)


def cross_entropy(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the mean negative log-probability of the labels, as Keras' sparse categorical cross-entropy does."""
    if len(labels) == 0:
        return 0.0
    likely = np.clip(probabilities[np.arange(len(labels)), labels].astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.log(likely).mean())


def robustness(model: Any, characters: CharacterSet, spec: InputSpec, alphabet: str = ALPHABET) -> dict[str, Score]:
    """Score a set unchanged and with each of `augment.perturbations`."""
    changed = perturbations(characters.pictures, spec.polarity)
    return {
        name: score(predict(model, pictures, spec), characters.labels, alphabet) for name, pictures in changed.items()
    }


def fit_temperature(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature, 0.25..4, at which the mean log-loss of the labels is lowest.

    Formula: Guo et al. 2017; the logarithms of the probabilities are divided by it. With few pictures and hardly an
    error the optimum runs off towards certainty, so less than 1 is only taken from sets with at least 10 errors.
    """
    errors = int((probabilities.argmax(axis=1) != labels).sum())
    logs = np.log(np.clip(probabilities.astype(np.float64), 1e-12, 1))
    candidates = np.exp(np.linspace(np.log(0.25 if errors >= 10 else 1.0), np.log(4.0), 121))

    def loss(temperature: float) -> float:
        scaled = logs / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels]).mean())

    return round(float(min(candidates, key=loss)), 4)
