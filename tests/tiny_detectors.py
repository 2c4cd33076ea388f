"""Tiny detectors made without TensorFlow: one convolution that finds light plates of one size on black.

A plate is 256x32 pixels of the input and lies in the middle of a cell of 64x64. The convolution sees one cell and its
neighbours to both sides: light where the plate should be and dark beside it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tflite_writer import write_tflite
from tiny_plates import draw_cells

from plate_runtime.manifest import CELL_VALUES, InputSpec, Manifest, Quantisation
from plate_runtime.model_file import build_model_file

CELL, ROWS, COLUMNS = 64, 6, 10
WIDE, HIGH = 256, 32
DETECTOR_SPEC = InputSpec(shape=(ROWS * CELL, COLUMNS * CELL, 1), polarity="any", resize="fit")
CORNERS = (-2.0, -0.25, 2.0, -0.25, 2.0, 0.25, -2.0, 0.25)
_KERNEL = WIDE + CELL
_CELLS = ROWS * COLUMNS
_SHARPNESS, _DOUBT, _FLANK = 20.0, 5.0, 16
_PAPER = 55  # lighter than where `tiny_plates` draws on, so that little text makes a plate too
_INPUT, _OUTPUT = (float(np.float32(1 / 255)), -128), (0.125, 0)
_OPSET = 17


def plate_corners(row: int, column: int, scale: int = 2) -> tuple[tuple[float, float], ...]:
    """Corners of the plate in the middle of a cell, in pixels of a frame `scale` times as large as the input."""
    x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
    half = WIDE / 2, HIGH / 2
    return tuple(
        (scale * (x + a * half[0]), scale * (y + b * half[1])) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )


def draw_frame(plates: dict[tuple[int, int], str], size: tuple[int, int] = (720, 1280)) -> NDArray[np.uint8]:
    """Draw a black frame, uint8 (height, width) for an input of half the size, with texts in cells (row, column)."""
    frame = np.zeros(size, np.uint8)
    for (row, column), text in plates.items():
        (left, top), _, (right, bottom), _ = plate_corners(row, column)
        # What a reader is shown is a little more than the plate; all of it is drawn, so that it holds whole cells.
        across, down = round((right - left) * 1.1), round((bottom - top) * 1.1)
        cells = np.asarray(Image.fromarray(draw_cells(text, 4)).resize((across, down), Image.Resampling.BILINEAR))
        x, y = round((left + right - across) / 2), round((top + bottom - down) / 2)
        frame[y : y + down, x : x + across] = cells + np.uint8(_PAPER)
    return frame


def detector_bytes(format_: str = "tflite", precision: str = "float32", **changes: Any) -> bytes:
    """Return a whole model file; `changes` go into its manifest."""
    quantisation = None
    if format_ == "onnx":
        content = _onnx_content()
    elif precision == "int8":
        content, quantisation = _int8_content()
    else:
        weights, bias = convolution()
        content = _tflite_content(_tensors(), [weights.tobytes(), bias.tobytes()])
    dtype = "int8" if quantisation else "float32"
    described: dict[str, Any] = {
        "kind": "detector", "name": "tiny-detector", "version": "1.0.0", "alphabet": "", "precision": precision,
        "input": InputSpec(**{**vars(DETECTOR_SPEC), "dtype": dtype}), "decoding": "corners", "strides": (CELL,),
        "thresholds": {"min_detection": 0.5}, "quantisation": quantisation, **changes,
    }  # fmt: skip
    return build_model_file(content, format_, Manifest(**described))


@cache
def convolution() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (9, 64, 320, 1) and bias (9,): mean tone of the plate less twice that beside it, and corners."""
    weights = np.zeros((CELL_VALUES, CELL, _KERNEL, 1), np.float32)
    rows, side = slice((CELL - HIGH) // 2, (CELL + HIGH) // 2), CELL // 2
    weights[0, rows, side:-side] = _SHARPNESS / (WIDE * HIGH)
    # Not next to the plate: what a reader is shown is a little more than the plate, and is drawn like it.
    weights[0, rows, :_FLANK] = weights[0, rows, -_FLANK:] = -2 * _SHARPNESS / (2 * _FLANK * HIGH)
    bias = np.array([-_DOUBT, *CORNERS], np.float32)
    return weights, bias


def _tensors() -> list[dict[str, Any]]:
    return [
        {"name": "pixels", "shape": [1, ROWS * CELL, COLUMNS * CELL, 1]},
        {"name": "weights", "shape": [CELL_VALUES, CELL, _KERNEL, 1], "buffer": 1},
        {"name": "bias", "shape": [CELL_VALUES], "buffer": 2},
        {"name": "answers", "shape": [1, ROWS, COLUMNS, CELL_VALUES]},
        {"name": "shape", "shape": [3], "buffer": 3, "type": "INT32"},
        {"name": "logits", "shape": [1, _CELLS, CELL_VALUES]},
    ]


def _tflite_content(tensors: list[dict[str, Any]], buffers: list[bytes]) -> bytes:
    shape = np.array([1, _CELLS, CELL_VALUES], np.int32).tobytes()
    stride = {"strideH": CELL, "strideW": CELL, "padding": 0}  # SAME
    convolution_ = {"name": "conv_2d", "version": 3, "inputs": [0, 1, 2], "outputs": [3], "options": stride}
    reshape = {"name": "reshape", "version": 1, "inputs": [3, 4], "outputs": [5]}
    return write_tflite(tensors, [*buffers, shape], [convolution_, reshape])


def _int8_content() -> tuple[bytes, Quantisation]:
    weights, bias = convolution()
    scale = float(np.abs(weights).max()) / 127
    stored = np.rint(weights / scale).astype(np.int8)
    stored_bias = np.rint(bias / (_INPUT[0] * scale)).astype(np.int32)
    tensors = _tensors()
    scales = [_INPUT, (scale, 0), (_INPUT[0] * scale, 0), _OUTPUT, None, _OUTPUT]
    for tensor, quantisation in zip(tensors, scales, strict=True):
        if quantisation:
            tensor.update(quantisation=quantisation, type="INT32" if tensor["name"] == "bias" else "INT8")
    return _tflite_content(tensors, [stored.tobytes(), stored_bias.tobytes()]), Quantisation(*_INPUT, *_OUTPUT)


def _onnx_content() -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    weights, bias = convolution()
    constants: dict[str, Any] = {
        "weights": weights.reshape(CELL_VALUES, 1, CELL, _KERNEL), "bias": bias,
        "first": np.array([0, 1, ROWS * CELL, -1]), "last": np.array([0, CELL_VALUES, _CELLS]),
    }  # fmt: skip
    pads = [0, (_KERNEL - CELL) // 2, 0, (_KERNEL - CELL) // 2]
    nodes = [
        helper.make_node("Reshape", ["pixels", "first"], ["planes"]),
        helper.make_node("Conv", ["planes", "weights", "bias"], ["answers"], strides=[CELL, CELL], pads=pads),
        helper.make_node("Reshape", ["answers", "last"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["logits"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny-detector",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", ROWS * CELL, COLUMNS * CELL, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", _CELLS, CELL_VALUES])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    return bytes(model.SerializeToString())
