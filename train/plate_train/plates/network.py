"""A network in training: its step, its optimizer, and the running average of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..networks.tensorflow_setup import import_keras, import_tensorflow, use_precision
from ..synthetic.plates.spec import PLATE_SPEC
from .losses import LONGEST, loss_of
from .score import compiled

_CLIP = 5.0
_WEIGHT_DECAY = 0.02
"""AdamW's; times the learning rate it shrinks kernels at each step."""


class Training:
    """A network, its optimizer and, in `average`, a second network of averaged weights.

    What batch normalisation knows of its inputs belongs to the weights it was seen with, so it cannot be averaged:
    `settle` measures it anew for the averaged weights (Izmailov et al. 2018) before they are read or kept.

    Args:
        model: a Keras model of logits. decoding: names the loss. precision: of the products while it trains, see
            `use_precision`; networks are read and kept in float32.
    """

    def __init__(self, model: Any, decoding: str, precision: str = "float32") -> None:
        keras = import_keras()
        self.model, self.precision = model, precision
        self.average = keras.models.clone_model(model)
        self.average.set_weights(model.get_weights())
        self.optimizer = keras.optimizers.AdamW(1e-3, weight_decay=_WEIGHT_DECAY, global_clipnorm=_CLIP)
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self.optimizer.build(model.trainable_variables)
        self._loss = self.loss(decoding)
        self._step = import_tensorflow().function(self.update, input_signature=self.signature(), autograph=False)
        self._read = compiled(self.average)
        self._normalised = [layer for layer in self.average.layers if type(layer).__name__ == "BatchNormalization"]
        self._seen = import_tensorflow().function(self._moments, input_signature=self.signature()[:1], autograph=False)

    def loss(self, decoding: str) -> Any:
        """Return the function (targets, outputs) -> losses of a decoding."""
        return loss_of(decoding)

    def signature(self) -> list[Any]:
        """Return types and shapes of a batch, and of the share that it counts."""
        tf = import_tensorflow()
        pictures, codes = tf.TensorSpec((None, *PLATE_SPEC.shape), tf.float32), tf.TensorSpec((None, LONGEST), tf.int32)
        return [pictures, codes, tf.TensorSpec((), tf.float32)]

    def step(self, pictures: NDArray[Any], codes: NDArray[Any], rate: float, share: float) -> float:
        """Train on one batch and return its mean loss; `share` is what the new weights count in the average."""
        use_precision(self.precision)
        self.optimizer.learning_rate.assign(rate)
        return float(self._step(pictures, codes, np.float32(share)))

    def read(self, pictures: NDArray[np.float32]) -> Any:
        """Return the averaged network's logits."""
        use_precision("float32")
        return self._read(pictures)

    def settle(self, batches: Sequence[NDArray[Any]]) -> None:
        """Give the averaged network the means and variances that it has itself on `batches` of pictures."""
        if not batches or not self._normalised:
            return
        use_precision("float32")
        seen = [self._seen(pictures) for pictures in batches]
        for layer, moments in zip(self._normalised, zip(*seen, strict=True), strict=True):
            mean, variance = (np.mean(values, axis=0) for values in zip(*moments, strict=True))
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)

    def prepare(self, pictures: Any) -> Any:
        """Return the network's input of a batch's pictures, within what TensorFlow compiles."""
        return pictures

    def update(self, pictures: Any, codes: Any, share: Any) -> Any:
        """The step itself, as TensorFlow compiles it."""
        tf = import_tensorflow()
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._loss(codes, self.model(self.prepare(pictures), training=True)))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        for mean, weight in zip(self.average.trainable_variables, variables, strict=True):
            mean.assign(mean + share * (weight - mean))
        return loss

    def _moments(self, pictures: Any) -> Any:
        """Mean and variance of each channel before every batch normalisation, each after those before it."""
        tf, keras = import_tensorflow(), import_keras()
        network = keras.Model(self.average.input, [layer.input for layer in self._normalised])
        return [
            tf.nn.moments(features, axes=list(range(features.shape.rank - 1)))
            for features in network(self.prepare(pictures), training=True)
        ]

    def arrays(self) -> list[NDArray[Any]]:
        """Return everything that changes from step to step."""
        return [np.asarray(variable) for variable in self._variables()]

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Take over what `arrays` returned. Raises DataError if it is another network's."""
        variables = self._variables()
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            raise DataError("the checkpoint is of another network; start again without --resume")
        with damage_as(DataError, "the checkpoint does not fit this network"):
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)

    def _variables(self) -> list[Any]:
        # `variables` holds the random states of dropout too, `weights` would not
        return [*self.model.variables, *self.average.variables, *self.optimizer.variables]
