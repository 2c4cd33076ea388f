"""A Keras network in the place of a model file, so that the runtime reads pictures with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import MissingPartError
from plate_runtime.manifest import Manifest
from plate_runtime.model import Model, open_model
from plate_runtime.model_file import ModelFile
from plate_runtime.shipped import shipped_model

from .networks.weights_file import ModelMeta


class _NetworkBackend:
    name, version = "keras", ""
    input_dtype = output_dtype = "float32"

    def __init__(self, network: Callable[[NDArray[np.float32]], Any]) -> None:
        self._network = network

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._network(inputs), np.float32)

    def close(self) -> None:
        """There is nothing to let go of."""


def as_model(network: Callable[[NDArray[np.float32]], Any], meta: ModelMeta, path: Path = Path()) -> Model:
    """Return a network, float32 (n, height, width, 1) to (n, *output shape), as the model that its export will be.

    Args:
        meta: what its `.h5` says; path: where that lies, for messages.
    """
    manifest = Manifest(
        meta.kind, meta.name, meta.version, meta.alphabet, meta.input, decoding=meta.decoding, steps=meta.steps,
        strides=meta.strides, temperature=meta.temperature, thresholds=dict(meta.thresholds or {}),
    )  # fmt: skip
    return Model(ModelFile(path, "h5", manifest, b""), _NetworkBackend(network))


def open_frame_reader() -> Model:
    """Open the reader that ships for frames, in an interpreter that works in one process with TensorFlow.

    Raises:
        MissingPartError: neither LiteRT nor onnxruntime is installed.
    """
    try:
        return open_model(shipped_model("frame", "litert"), "plate", "litert")
    except MissingPartError:
        return open_model(shipped_model("frame", "onnx"), "plate", "onnx")
