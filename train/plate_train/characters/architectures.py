"""The two character networks: the mission's first one as `baseline`, the refined one as `tuned`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plate_runtime.errors import UsageError

from ..networks.tensorflow_setup import import_keras

NAMES = ("baseline", "tuned")


@dataclass(frozen=True)
class Hyperparameters:
    """What the search chooses, for the `tuned` network; `baseline` uses dropout and learning rate alone.

    Attributes:
        first_filters, second_filters: of the two 3x3 convolutions.
        first_dense, second_dense: units of the dense layers before the output.
        dropout: fraction of the first dense layer's output dropped in training.
        learning_rate: Adam's, at its highest where a schedule lowers it.
    """

    first_filters: int = 32
    second_filters: int = 64
    first_dense: int = 256
    second_dense: int = 128
    dropout: float = 0.3
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        sizes = (self.first_filters, self.second_filters, self.first_dense, self.second_dense)
        if min(sizes) < 1 or not 0 <= self.dropout < 1 or not self.learning_rate > 0:
            raise UsageError(f"sizes must be positive, dropout in 0..1, learning rate above 0; not {self}")


def build(name: str, chosen: Hyperparameters | None = None, classes: int = 36) -> Any:
    """Build a network: float32 (n, 28, 28, 1) in 0..1 to probabilities (n, classes), not compiled.

    Raises:
        UsageError: there is no network of that name.
    """
    chosen = chosen or Hyperparameters()
    if name == "baseline":
        return baseline(chosen.dropout, classes)
    if name == "tuned":
        return tuned(chosen, classes)
    raise UsageError(f"no network is called {name}; choose one of {', '.join(NAMES)}")


def baseline(dropout: float = 0.3, classes: int = 36) -> Any:
    """Several convolutions with large kernels, pooling, flatten, dense: a first attempt, slow and wide."""
    keras = import_keras()
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            layers.Conv2D(16, 11, padding="same", activation="relu", name="large_1"),
            layers.Conv2D(32, 9, padding="same", activation="relu", name="large_2"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Conv2D(64, 7, padding="same", activation="relu", name="large_3"),
            layers.Conv2D(64, 5, padding="same", activation="relu", name="large_4"),
            layers.MaxPooling2D(2, name="pool_2"),
            layers.Flatten(name="flatten"),
            layers.Dropout(dropout, name="dropout"),
            layers.Dense(128, activation="relu", name="dense"),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="baseline",
    )


def tuned(chosen: Hyperparameters | None = None, classes: int = 36) -> Any:
    """Two 3x3 convolutions, each followed by max-pooling; flatten; two dense layers, dropout after the first."""
    chosen = chosen or Hyperparameters()
    keras = import_keras()
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            layers.Conv2D(chosen.first_filters, 3, activation="relu", name="convolution_1"),
            layers.MaxPooling2D(2, name="pool_1"),
            layers.Conv2D(chosen.second_filters, 3, activation="relu", name="convolution_2"),
            layers.MaxPooling2D(2, name="pool_2"),
            layers.Flatten(name="flatten"),
            layers.Dense(chosen.first_dense, activation="relu", name="dense_1"),
            layers.Dropout(chosen.dropout, name="dropout"),
            layers.Dense(chosen.second_dense, activation="relu", name="dense_2"),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="tuned",
    )
