"""A network in training: its step, its optimizer, and the running average of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError

from ..tensorflow_setup import import_keras, import_tensorflow, use_precision
from .architectures import PLATE_SPEC
from .losses import LONGEST, loss_of
from .score import compiled

_CLIP = 5.0
_WEIGHT_DECAY = 0.02
"""AdamW's; times the learning rate it shrinks kernels at each step."""


class Training:
    """A network, its optimizer and, in `average`, a second network of averaged weights.

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

    def update(self, pictures: Any, codes: Any, share: Any) -> Any:
        """The step itself, as TensorFlow compiles it."""
        tf = import_tensorflow()
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self._loss(codes, self.model(pictures, training=True)))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        for mean, weight in zip(self.average.weights, self.model.weights, strict=True):
            mean.assign(mean + share * (weight - mean))
        return loss

    def arrays(self) -> list[NDArray[Any]]:
        """Return everything that changes from step to step."""
        return [np.asarray(variable) for variable in self._variables()]

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Take over what `arrays` returned. Raises DataError if it is another network's."""
        variables = self._variables()
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            raise DataError("the checkpoint is of another network; start again without --resume")
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def _variables(self) -> list[Any]:
        # `variables` holds the random states of dropout too, `weights` would not
        return [*self.model.variables, *self.average.variables, *self.optimizer.variables]
