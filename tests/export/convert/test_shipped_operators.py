"""TensorFlow Lite Micro runs the int8 models that ship: it knows each of their operators."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_export.convert.tflite_graph import read_graph
from plate_runtime.model import MODELS
from plate_runtime.model_file import read_model_file

MICRO = {
    "ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED",
    "LOGISTIC", "MAX_POOL_2D", "MEAN", "MUL", "PAD", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SOFTMAX", "TRANSPOSE",
    "TRANSPOSE_CONV",
}  # fmt: skip
"""Of the operators of `micro_mutable_op_resolver.h` those that such networks may need; TILE is not among them."""

FILES = sorted(MODELS.glob("*-int8.tflite"))


def test_characters_plates_and_frames_have_a_file() -> None:
    assert len(FILES) >= 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_operator_is_one_of_tensorflow_lite_micro(path: Path, keras: object) -> None:
    kinds = {one.kind for one in read_graph(read_model_file(path).content).operators}
    assert kinds
    assert kinds <= MICRO
