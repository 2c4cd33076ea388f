"""Detector loss: focal loss for scores (Lin et al. 2017), smooth L1 for the corners of cells that hold a plate."""

from __future__ import annotations

from typing import Any

from ..networks.tensorflow_setup import import_tensorflow

_FOCUS = 2.0
_CORNERS = 1.0
_BEND = 0.2
"""Error of a corner above which its loss is linear; below it is quadratic."""
_LARGEST = 8.0
"""Larger logits are penalised: in int8, scores and corners share one scale of 256 steps."""


def cells_loss(targets: Any, outputs: Any) -> Any:
    """Return the loss, a number, of outputs (n, cells, 9) against `targets.targets` (n, cells, 10).

    It is the sum over the cells of the batch, divided by the number of cells with a plate.
    """
    tf = import_tensorflow()
    expected, logits = targets[..., 0], outputs[..., 0]
    has = tf.cast(expected > 0.5, tf.float32)
    lacks = tf.cast(tf.abs(expected) < 0.5, tf.float32)
    confidence = tf.sigmoid(logits)
    found = has * (1 - confidence) ** _FOCUS * tf.math.softplus(-logits)
    false = lacks * confidence**_FOCUS * tf.math.softplus(logits)
    far = tf.abs(outputs[..., 1:] - targets[..., 2:]) * targets[..., 1:2]
    bent = tf.where(far < _BEND, 0.5 * far * far / _BEND, far - 0.5 * _BEND)
    corners = has * tf.reduce_mean(bent, axis=-1)
    large = tf.nn.relu(tf.abs(logits) - _LARGEST) ** 2
    count = tf.maximum(1.0, tf.reduce_sum(has))
    return (tf.reduce_sum(found + false + _CORNERS * corners) / count) + 0.01 * tf.reduce_mean(large)
