"""Training of a plate reader, step by step."""

from __future__ import annotations

from typing import Any

from ..loop.training import Training
from ..networks.tensorflow_setup import import_tensorflow
from ..synthetic.plates.spec import PLATE_SPEC
from .losses import LONGEST, loss_of


def plate_training(model: Any, decoding: str, precision: str = "float32") -> Training:
    """Return the training of a network on crops: float32 inputs and encoded texts; `decoding` names the loss."""
    tf = import_tensorflow()
    batch = [tf.TensorSpec((None, *PLATE_SPEC.shape), tf.float32), tf.TensorSpec((None, LONGEST), tf.int32)]
    return Training(model, loss_of(decoding), batch, precision)
