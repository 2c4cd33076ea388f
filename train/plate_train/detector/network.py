"""Training of a detector, step by step."""

from __future__ import annotations

from typing import Any

from ..networks.tensorflow_setup import import_tensorflow
from ..plates.network import Training
from ..synthetic.scenes.spec import SCENE_SPEC
from .losses import cells_loss
from .targets import VALUES, cells


class DetectorTraining(Training):
    """Trains on frames: uint8 pictures, which it scales itself, and targets of cells."""

    def loss(self, decoding: str) -> Any:  # noqa: ARG002 - there is only one
        """Return the loss of scores and corners."""
        return cells_loss

    def signature(self) -> list[Any]:
        """Return types and shapes of a batch, and of its weight in the average."""
        tf = import_tensorflow()
        pictures = tf.TensorSpec((None, *SCENE_SPEC.shape[:2]), tf.uint8)
        expected = tf.TensorSpec((None, cells(SCENE_SPEC.shape[:2]), VALUES), tf.float32)
        return [pictures, expected, tf.TensorSpec((), tf.float32)]

    def prepare(self, pictures: Any) -> Any:
        """Return uint8 pictures (n, h, w) as the network's input."""
        return import_tensorflow().cast(pictures, "float32")[..., None] * SCENE_SPEC.scale
