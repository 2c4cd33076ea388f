"""Training of a network: its step, its optimizer, and the running average of its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..networks.tensorflow_setup import compiled, import_keras, import_tensorflow, use_precision

_CLIP = 5.0
_WEIGHT_DECAY = 0.02
"""Of AdamW: at each step kernels shrink by this times the learning rate."""


def normalised(model: Any) -> list[Any]:
    """Return the layers of batch normalisation of a Keras model."""
    return [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]


class Training:
    """A network, its optimizer and, in `average`, a second network of averaged weights.

    Statistics of batch normalisation cannot be averaged: they belong to the weights that gave them.
    `update_statistics` computes them for the averaged weights (Izmailov et al. 2018), before these are scored or saved.
    Layers of batch normalisation that are not trainable keep what they have.

    Args:
        model: a Keras model. loss: (targets, outputs) -> losses. batch: TensorFlow's specs of pictures and targets.
        prepare: pictures of a batch -> the network's input; compiled with the step. precision: of products while
            training, see `use_precision`; scoring and saved weights are float32.
    """

    def __init__(
        self,
        model: Any,
        loss: Callable[[Any, Any], Any],
        batch: Sequence[Any],
        precision: str = "float32",
        prepare: Callable[[Any], Any] = lambda pictures: pictures,
    ) -> None:
        keras = import_keras()
        self.model, self.precision = model, precision
        self.average = keras.models.clone_model(model)
        self.average.set_weights(model.get_weights())
        self.optimizer = keras.optimizers.AdamW(1e-3, weight_decay=_WEIGHT_DECAY, global_clipnorm=_CLIP)
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self.optimizer.build(model.trainable_variables)
        self._loss, self._prepare = loss, prepare
        tf = import_tensorflow()
        signature = [*batch, tf.TensorSpec((), tf.float32)]
        self._step = tf.function(self._update, input_signature=signature, autograph=False)
        self._read = compiled(self.average)
        self._normalised = [layer for layer in normalised(self.average) if layer.trainable]
        self._seen = tf.function(self._moments, input_signature=signature[:1], autograph=False)

    def step(self, pictures: NDArray[Any], targets: NDArray[Any], rate: float, weight: float) -> float:
        """Train on one batch and return its mean loss; `weight` is that of the new weights in the average."""
        use_precision(self.precision)
        self.optimizer.learning_rate.assign(rate)
        return float(self._step(pictures, targets, np.float32(weight)))

    def read(self, pictures: NDArray[np.float32]) -> Any:
        """Return the averaged network's outputs."""
        use_precision("float32")
        return self._read(pictures)

    def update_statistics(self, batches: Sequence[NDArray[Any]]) -> None:
        """Set means and variances of the averaged network to those on `batches` of pictures."""
        if not batches or not self._normalised:
            return
        use_precision("float32")
        seen = [self._seen(pictures) for pictures in batches]
        for layer, moments in zip(self._normalised, zip(*seen, strict=True), strict=True):
            mean, variance = (np.mean(values, axis=0) for values in zip(*moments, strict=True))
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)

    def _update(self, pictures: Any, targets: Any, weight: Any) -> Any:
        """The step that TensorFlow compiles."""
        tf = import_tensorflow()
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._loss(targets, self.model(self._prepare(pictures), training=True)))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        for mean, current in zip(self.average.trainable_variables, variables, strict=True):
            mean.assign(mean + weight * (current - mean))
        return loss

    def _moments(self, pictures: Any) -> Any:
        """Mean and variance of each channel before every batch normalisation, each after those before it."""
        tf, keras = import_tensorflow(), import_keras()
        network = keras.Model(self.average.input, [layer.input for layer in self._normalised])
        return [
            tf.nn.moments(features, axes=list(range(features.shape.rank - 1)))
            for features in network(self._prepare(pictures), training=True)
        ]

    def arrays(self) -> list[NDArray[Any]]:
        """Return all variables that change from step to step."""
        return [np.asarray(variable) for variable in self._variables()]

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Restore the result of `arrays`. Raises DataError if it is of another network."""
        variables = self._variables()
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            raise DataError("the checkpoint is of another network; start again without --resume")
        with damage_as(DataError, "the checkpoint does not fit this network"):
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)

    def _variables(self) -> list[Any]:
        # `variables` includes the random states of dropout, `weights` does not
        return [*self.model.variables, *self.average.variables, *self.optimizer.variables]
