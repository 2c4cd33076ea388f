"""Training of a detector, step by step."""

from __future__ import annotations

from typing import Any

from ..loop.training import Training
from ..networks.tensorflow_setup import import_tensorflow
from ..synthetic.scenes.spec import SCENE_SPEC
from .losses import cells_loss
from .targets import VALUES, cells


def detector_training(model: Any, precision: str = "float32") -> Training:
    """Return the training of a network on frames: uint8 pictures, which it scales itself, and targets of cells."""
    tf, shape = import_tensorflow(), SCENE_SPEC.shape[:2]
    batch = [tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None, cells(shape), VALUES), tf.float32)]
    return Training(model, cells_loss, batch, precision, _scaled)


def _scaled(pictures: Any) -> Any:
    """Return uint8 pictures (n, h, w) as the network's input."""
    return import_tensorflow().cast(pictures, "float32")[..., None] * SCENE_SPEC.scale
