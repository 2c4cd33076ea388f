"""One network trained once: batches changed on the fly, a learning rate that falls, weights that are averaged.

Everything random comes from (seed, epoch, batch), so the same seed and threads give the same weights to the bit.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import scale_pixels
from plate_runtime.progress import duration

from ..networks.tensorflow_setup import fix, import_keras
from ..progress import progress
from . import architectures
from .architectures import Hyperparameters
from .augment import Strength, augment
from .datasets import CharacterSet
from .score import cross_entropy, predict

Weights = list[NDArray[np.float32]]
Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        model: a name of `architectures.NAMES`; hyper: its sizes, dropout and learning rate.
        epochs: how often every picture is seen, and how long the schedule is.
        batch: pictures a step.
        augment: how far pictures are changed; None leaves them as they are.
        schedule: "cosine": warm up over 3 % of the steps, then fall to nothing; "constant".
        average: fraction of all steps that weights are averaged over, about; 0: no average.
        threads: of TensorFlow, within one operation.
        start: an uncompiled Keras model whose weights are the start, or None.
    """

    model: str = "tuned"
    hyper: Hyperparameters = field(default_factory=Hyperparameters)
    epochs: int = 60
    batch: int = 32
    augment: Strength | None = field(default_factory=Strength)
    schedule: str = "cosine"
    average: float = 0.05
    threads: int = 1
    start: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        values = {name: getattr(self, name) for name in ("model", "epochs", "batch", "schedule", "average", "threads")}
        hyper = asdict(self.hyper)
        if self.start is not None:
            hyper = {"learning_rate": self.hyper.learning_rate}  # the rest is the given network's
        return values | {"hyper": hyper, "augment": asdict(self.augment) if self.augment else None}


@dataclass
class Fitted:
    """A trained network and its learning curve; `history` has one row an epoch.

    Rows hold `loss` and `accuracy` of the (changed) training batches, `learning_rate`, and where a set was watched
    `val_loss`, `val_accuracy` and `val_right` on it, taken with the averaged weights.
    """

    model: Any
    history: list[dict[str, float]]
    best_epoch: int


def fit(
    recipe: Recipe,
    train: CharacterSet,
    spec: InputSpec,
    seed: int,
    *,
    watch: CharacterSet | None = None,
    stop_after: int | None = None,
    keep_best: bool = False,
    title: str = "training",
    say: Callable[[str], None] = lambda _line: None,
) -> Fitted:
    """Train one network.

    Args:
        recipe: see `Recipe`.
        train: what it learns from.
        spec: its input.
        seed: of the start weights, the order, the changes and the dropout.
        watch: scored after every epoch; the model is not trained on it.
        stop_after: end after so many epochs, though the schedule is as long as the recipe says.
        keep_best: return the weights of the epoch that read most of `watch`, not those of the last epoch.
        title: what the progress bar says. say: gets a line an epoch, with the time left.

    Raises:
        UsageError: training diverged, or TensorFlow already runs with another number of threads.
    """
    fix(seed, recipe.threads)
    model = _compiled(recipe, len(train.alphabet))
    epochs = min(stop_after or recipe.epochs, recipe.epochs)
    steps = -(-len(train) // recipe.batch)
    average = _Average(model, recipe.average * recipe.epochs * steps)
    history: list[dict[str, float]] = []
    started = time.monotonic()
    best: tuple[tuple[float, float], int, Weights] | None = None
    with progress(epochs * steps, title) as bar:
        for epoch in range(epochs):
            rates = [learning_rate(recipe, (epoch * steps + step) / (recipe.epochs * steps)) for step in range(steps)]
            row = _train_epoch(model, average, batches(train, recipe, spec, seed, epoch), rates, bar.update)
            if not np.isfinite(row["loss"]):
                raise UsageError(f"{title}: the loss of epoch {epoch + 1} is not a number; lower --learning-rate")
            if watch is not None:
                with average.in_force():
                    row |= _watched(model, watch, spec)
                    merit = (row["val_right"], -row["val_loss"])
                    if best is None or merit > best[0]:
                        best = (merit, epoch + 1, model.get_weights() if keep_best else [])
            history.append(row)
            left = (time.monotonic() - started) / (epoch + 1) * (epochs - epoch - 1)
            say(f"{title}: epoch {epoch + 1} of {epochs}, {_described(row)}; {duration(left)} left")
    average.apply()
    if best is not None and keep_best:
        model.set_weights(best[2])
    return Fitted(model, history, best[1] if best else epochs)


def _train_epoch(
    model: Any, average: _Average, seen: Iterator[Batch], rates: Sequence[float], advance: Callable[[], object]
) -> dict[str, float]:
    """Train on the batches `seen`, each at its learning rate, and return a row of the history."""
    count, totals = 0, np.zeros(2)
    for (pictures, labels), rate in zip(seen, rates, strict=True):
        model.optimizer.learning_rate.assign(rate)
        model.reset_metrics()
        found = model.train_on_batch(pictures, labels, return_dict=True)
        totals += len(labels) * np.array([float(found["loss"]), float(found["sparse_categorical_accuracy"])])
        count += len(labels)
        average.update()
        advance()
    loss, accuracy = (float(total) / count for total in totals)
    return {"loss": loss, "accuracy": accuracy, "learning_rate": rates[-1]}


def _described(row: dict[str, float]) -> str:
    """Return the losses and the accuracies in percent."""
    described = f"loss {row['loss']:.4f}, {100 * row['accuracy']:.1f} % right"
    if "val_loss" in row:
        described += f", held out {row['val_loss']:.4f}, {100 * row['val_accuracy']:.1f} % right"
    return described


def batches(train: CharacterSet, recipe: Recipe, spec: InputSpec, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield one epoch: float32 (batch, h, w, 1) and int64 (batch,), in its own order and with its own augmentation."""
    order = np.random.default_rng([seed, epoch]).permutation(len(train))
    for start in range(0, len(order), recipe.batch):
        chosen = order[start : start + recipe.batch]
        pictures = train.pictures[chosen]
        if recipe.augment is not None:
            random = np.random.default_rng([seed, epoch, start])
            pictures = augment(pictures, random, recipe.augment, spec.polarity)
        yield scale_pixels(pictures, spec), train.labels[chosen]


def learning_rate(recipe: Recipe, done: float) -> float:
    """Return the learning rate after the fraction `done`, 0..1, of all steps."""
    highest = recipe.hyper.learning_rate
    if recipe.schedule == "constant":
        return highest
    warming = min(1.0, 0.02 + done / 0.03)
    return float(highest * warming * 0.5 * (1 + np.cos(np.pi * done)))


class _Average:
    """Exponential moving average of a model's weights over about `horizon` steps; shorter than 2: none."""

    def __init__(self, model: Any, horizon: float) -> None:
        self.model = model
        self.momentum = 1 - 1 / horizon if horizon >= 2 else 0.0
        self.steps = 0
        self.weights: Weights = [weight.astype(np.float32) for weight in model.get_weights()]

    def update(self) -> None:
        if self.momentum == 0:
            return
        self.steps += 1
        momentum = min(self.momentum, (1 + self.steps) / (10 + self.steps))
        pairs = zip(self.weights, self.model.get_weights(), strict=True)
        self.weights = [mean + np.float32(1 - momentum) * (weight - mean) for mean, weight in pairs]

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Within the block the model has the averaged weights."""
        if self.momentum == 0:
            yield
            return
        raw = self.model.get_weights()
        self.model.set_weights(self.weights)
        yield
        self.model.set_weights(raw)

    def apply(self) -> None:
        """Set the model's weights to the average."""
        if self.momentum != 0:
            self.model.set_weights(self.weights)


def _compiled(recipe: Recipe, classes: int) -> Any:
    """Return the network to train, compiled."""
    keras = import_keras()
    if recipe.start is None:
        model = architectures.build(recipe.model, recipe.hyper, classes)
    else:
        model = keras.models.clone_model(recipe.start)
        model.set_weights(recipe.start.get_weights())
    optimizer = keras.optimizers.Adam(recipe.hyper.learning_rate)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
    return model


def _watched(model: Any, watch: CharacterSet, spec: InputSpec) -> dict[str, float]:
    probabilities = predict(model, watch.pictures, spec)
    right = int((probabilities.argmax(axis=1) == watch.labels).sum())
    return {
        "val_loss": cross_entropy(probabilities, watch.labels),
        "val_accuracy": right / max(1, len(watch)),
        "val_right": right,
    }
