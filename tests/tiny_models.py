"""Tiny character models made without TensorFlow: a template a class, compared in one dense layer.

The templates are the 36 characters of Pillow's own font, so the models really read characters drawn in it; the
right class of such a picture has the largest probability in every format and precision.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tflite_writer import write_tflite

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec, Manifest, Quantisation
from plate_runtime.model_file import build_model_file
from plate_runtime.preprocess import crop_to_ink, resize_picture

SPEC = InputSpec(polarity="light-on-dark", resize="crop-stretch")
_SHARPNESS = 0.1
_OPSET = 17


def draw_character(sign: str, size: int = 40, margin: int = 4) -> NDArray[np.uint8]:
    """Draw one character in Pillow's font, white on black, uint8 (h, w)."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(sign)
    image = Image.new("L", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin))
    ImageDraw.Draw(image).text((margin - left, margin - top), sign, fill=255, font=font)
    return np.asarray(image)


def draw_text(text: str, size: int = 40, margin: int = 12, gap: int = 6) -> NDArray[np.uint8]:
    """Draw a line of characters in Pillow's font, black on white, uint8 (h, w)."""
    pieces = [255 - crop_to_ink(draw_character(sign, size)) for sign in text]
    height = max(piece.shape[0] for piece in pieces)
    width = sum(piece.shape[1] for piece in pieces) + gap * (len(pieces) - 1)
    sheet = np.full((height + 2 * margin, width + 2 * margin), 255, np.uint8)
    at = margin
    for piece in pieces:
        sheet[margin : margin + piece.shape[0], at : at + piece.shape[1]] = piece
        at += piece.shape[1] + gap
    return sheet


def model_bytes(format_: str = "tflite", precision: str = "float32", **changes: Any) -> bytes:
    """Return a whole model file; `changes` go into its manifest."""
    weights, bias = _dense_layer()
    quantisation = None
    if format_ == "onnx":
        content = _onnx_content(weights, bias)
    elif precision == "int8":
        content, quantisation = _int8_content(weights, bias)
    else:
        content = _tflite_content(_float_tensors(weights, bias), [_bytes(weights), _bytes(bias)])
    spec = InputSpec(dtype="int8" if quantisation else "float32", polarity=SPEC.polarity, resize=SPEC.resize)
    described: dict[str, Any] = {
        "kind": "character", "name": "tiny", "version": "1.0.0", "alphabet": ALPHABET, "input": spec,
        "precision": precision, "quantisation": quantisation, **changes,
    }  # fmt: skip
    return build_model_file(content, format_, Manifest(**described))


@cache
def _dense_layer() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights (36, 784) and bias (36,) whose largest answer is the nearest template (squared distance)."""
    templates = np.stack([resize_picture(draw_character(sign), SPEC) for sign in ALPHABET])
    flat = templates.reshape(len(ALPHABET), -1).astype(np.float32) / 255
    return 2 * _SHARPNESS * flat, -_SHARPNESS * (flat**2).sum(axis=1)


def _bytes(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array).tobytes()


def _float_tensors(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> list[dict[str, Any]]:
    classes = len(bias)
    return [
        {"name": "pixels", "shape": [1, 28, 28, 1]},
        {"name": "weights", "shape": list(weights.shape), "buffer": 1},
        {"name": "bias", "shape": [classes], "buffer": 2},
        {"name": "logits", "shape": [1, classes]},
        {"name": "probabilities", "shape": [1, classes]},
    ]


def _int8_content(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[bytes, Quantisation]:
    input_scale, weight_scale = 1 / 255, float(np.abs(weights).max()) / 127
    logits_scale, logits_zero_point = 0.5, 0
    stored = np.rint(weights / weight_scale).astype(np.int8)
    stored_bias = np.rint(bias / (input_scale * weight_scale)).astype(np.int32)
    tensors = _float_tensors(weights, bias)
    scales = [(input_scale, -128), (weight_scale, 0), (input_scale * weight_scale, 0)]
    scales += [(logits_scale, logits_zero_point), (1 / 256, -128)]
    for tensor, scale in zip(tensors, scales, strict=True):
        tensor.update(quantisation=scale, type="INT32" if tensor["name"] == "bias" else "INT8")
    content = _tflite_content(tensors, [_bytes(stored), _bytes(stored_bias)])
    return content, Quantisation(float(np.float32(input_scale)), -128, 1 / 256, -128)


def _tflite_content(tensors: list[dict[str, Any]], buffers: list[bytes]) -> bytes:
    dense = {"name": "fully_connected", "version": 4, "inputs": [0, 1, 2], "outputs": [3]}
    softmax = {"name": "softmax", "version": 2, "inputs": [3], "outputs": [4], "options": {"beta": 1.0}}
    return write_tflite(tensors, buffers, [dense, softmax])


def _onnx_content(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 28, 28, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(bias)])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    return bytes(model.SerializeToString())
