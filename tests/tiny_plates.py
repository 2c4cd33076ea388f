"""Tiny models of whole plates made without TensorFlow: one convolution that holds a template a class.

A plate is a row of cells, each the width of the convolution's stride, so each cell is one step of the output. The
templates are the characters of Pillow's own font; a cell without any is a blank.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tflite_writer import write_tflite
from tiny_models import draw_character

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec, Manifest, Quantisation
from plate_runtime.model_file import build_model_file
from plate_runtime.preprocess import crop_to_ink, standardise

CELL, CELLS = 28, 8
PLATE_SPEC = InputSpec(shape=(CELL, CELL * CELLS, 1), polarity="any", contrast="standardise")
_CLASSES = len(ALPHABET) + 1
_SHARPNESS = 0.3
_INPUT = (float(np.float32(1 / 255)), -128)
_OPSET = 17


def draw_cells(text: str, scale: int = 1) -> NDArray[np.uint8]:
    """Draw a plate, uint8 (28, 224) times `scale`, a cell for each sign, light on dark; a space is an empty cell."""
    plate = np.full((CELL, CELL * CELLS), 40, np.uint8)
    for number, sign in enumerate(text):
        if sign != " ":
            plate[:, number * CELL : (number + 1) * CELL] = 40 + 160 * _template(sign)
    return np.kron(plate, np.ones((scale, scale), np.uint8))


def plate_model_bytes(
    format_: str = "tflite", precision: str = "float32", decoding: str = "ctc", **changes: Any
) -> bytes:
    """Return a whole model file; `changes` go into its manifest."""
    quantisation = None
    if format_ == "onnx":
        content = _onnx_content(precision == "int8")
    elif precision == "int8":
        content, quantisation = _int8_content()
    else:
        weights, bias = _convolution()
        content = _tflite_content(_tensors(), [weights.tobytes(), bias.tobytes()])
    dtype = "int8" if quantisation else "float32"
    described: dict[str, Any] = {
        "kind": "plate", "name": "tiny-plates", "version": "1.0.0", "alphabet": ALPHABET, "precision": precision,
        "input": InputSpec(**{**vars(PLATE_SPEC), "dtype": dtype}), "decoding": decoding, "steps": CELLS,
        "quantisation": quantisation, "thresholds": {"min_confidence": 0.5, "second_look": 0.0}, **changes,
    }  # fmt: skip
    return build_model_file(content, format_, Manifest(**described))


def _template(sign: str) -> NDArray[np.float32]:
    """A character in its cell with a dark margin, float32 (28, 28) of 0..1."""
    cell = np.zeros((CELL, CELL), np.float32)
    glyph = Image.fromarray(crop_to_ink(draw_character(sign))).resize((CELL - 6, CELL - 6), Image.Resampling.BILINEAR)
    cell[3:-3, 3:-3] = np.asarray(glyph, np.float32) / 255
    return cell


@cache
def _convolution() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (classes, 28, 28, 1) and bias (classes,) of the nearest template by squared distance.

    The templates have no mean, so the tone of the background does not matter; a typical plate gives their contrast.
    """
    templates = np.stack([_template(sign) for sign in ALPHABET])
    templates -= templates.mean(axis=(1, 2), keepdims=True)
    tones = standardise(draw_cells("AB12XYZ")).astype(np.float32) / 255
    contrast = float(tones.max() - tones.min())
    weights = np.zeros((_CLASSES, CELL, CELL, 1), np.float32)
    bias = np.zeros(_CLASSES, np.float32)
    weights[:-1] = 2 * _SHARPNESS * templates[..., None]
    bias[:-1] = -_SHARPNESS * contrast * (templates**2).sum(axis=(1, 2))
    return weights, bias


def _tensors() -> list[dict[str, Any]]:
    return [
        {"name": "pixels", "shape": [1, CELL, CELL * CELLS, 1]},
        {"name": "weights", "shape": [_CLASSES, CELL, CELL, 1], "buffer": 1},
        {"name": "bias", "shape": [_CLASSES], "buffer": 2},
        {"name": "answers", "shape": [1, 1, CELLS, _CLASSES]},
        {"name": "shape", "shape": [3], "buffer": 3, "type": "INT32"},
        {"name": "logits", "shape": [1, CELLS, _CLASSES]},
    ]


def _tflite_content(tensors: list[dict[str, Any]], buffers: list[bytes]) -> bytes:
    shape = np.array([1, CELLS, _CLASSES], np.int32).tobytes()
    stride = {"strideH": CELL, "strideW": CELL, "padding": 1}  # VALID
    convolution = {"name": "conv_2d", "version": 3, "inputs": [0, 1, 2], "outputs": [3], "options": stride}
    reshape = {"name": "reshape", "version": 1, "inputs": [3, 4], "outputs": [5]}
    return write_tflite(tensors, [*buffers, shape], [convolution, reshape])


def _quantised() -> tuple[NDArray[np.int8], float, tuple[float, int]]:
    """Return the stored weights, their scale, and scale and zero point of the logits."""
    weights, bias = _convolution()
    scale = float(np.abs(weights).max()) / 127
    return np.rint(weights / scale).astype(np.int8), scale, (float(-bias.min()) * 2 / 127, 0)


def _int8_content() -> tuple[bytes, Quantisation]:
    stored, scale, output = _quantised()
    bias_scale = _INPUT[0] * scale
    stored_bias = np.rint(_convolution()[1] / bias_scale).astype(np.int32)
    tensors = _tensors()
    scales = [_INPUT, (scale, 0), (bias_scale, 0), output, None, output]
    for tensor, quantisation in zip(tensors, scales, strict=True):
        if quantisation:
            tensor.update(quantisation=quantisation, type="INT32" if tensor["name"] == "bias" else "INT8")
    output_scale = float(np.float32(output[0]))
    return _tflite_content(tensors, [stored.tobytes(), stored_bias.tobytes()]), Quantisation(*_INPUT, output_scale, 0)


def _onnx_content(int8: bool) -> bytes:
    """The same network; as int8 with pairs of QuantizeLinear and DequantizeLinear, as onnxruntime writes them."""
    from onnx import TensorProto, helper, numpy_helper

    weights, bias = _convolution()
    stored, scale, output = _quantised()
    constants: dict[str, Any] = {
        "bias": bias, "first": np.array([0, 1, CELL, -1]), "last": np.array([0, _CLASSES, CELLS]),
        "weights": stored.reshape(_CLASSES, 1, CELL, CELL) if int8 else weights.reshape(_CLASSES, 1, CELL, CELL),
    }  # fmt: skip
    names = {"pixels": "pixels", "weights": "weights", "logits": "logits"}
    nodes: list[Any] = []
    if int8:
        for name, (step, zero) in {"pixels": _INPUT, "weights": (scale, 0), "logits": output}.items():
            constants |= {f"{name}_scale": np.float32(step), f"{name}_zero": np.int8(zero)}
        nodes += _through_int8("pixels", "pixels_real")
        nodes += [helper.make_node("DequantizeLinear", ["weights", "weights_scale", "weights_zero"], ["weights_real"])]
        names = {"pixels": "pixels_real", "weights": "weights_real", "logits": "logits_real"}
    nodes += [
        helper.make_node("Reshape", [names["pixels"], "first"], ["planes"]),
        helper.make_node("Conv", ["planes", names["weights"], "bias"], ["answers"], strides=[CELL, CELL]),
        helper.make_node("Reshape", ["answers", "last"], ["columns"]),
        helper.make_node("Transpose", ["columns"], [names["logits"]], perm=[0, 2, 1]),
    ]
    if int8:
        nodes += _through_int8("logits_real", "logits", "logits")
    graph = helper.make_graph(
        nodes,
        "tiny-plates",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", CELL, CELL * CELLS, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", CELLS, _CLASSES])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    return bytes(model.SerializeToString())


def _through_int8(source: str, result: str, name: str = "pixels") -> list[Any]:
    from onnx import helper

    scales = [f"{name}_scale", f"{name}_zero"]
    return [
        helper.make_node("QuantizeLinear", [source, *scales], [f"{source}_stored"]),
        helper.make_node("DequantizeLinear", [f"{source}_stored", *scales], [result]),
    ]
