"""Keras network -> float32 ONNX, int8 TFLite -> int8 ONNX (QDQ), any batch; checks that an int8 file is int8."""

from __future__ import annotations

from collections import Counter
from typing import Any

from plate_runtime.errors import ModelError
from plate_runtime.manifest import Quantisation

from .converted import Converted
from .onnx_int8 import translate
from .tflite import INPUT, serving_function

OPSET = 18
"""The newest that tf2onnx writes; onnxruntime reads it since 1.14."""

_HEAVY = ("Conv", "Gemm", "MatMul")
_INT8_KERNELS = frozenset(
    {
        *_HEAVY, "QuantizeLinear", "DequantizeLinear", "Clip", "Sigmoid", "Softmax", "Add", "Mul",
        "MaxPool", "AveragePool", "GlobalAveragePool", "Transpose", "Reshape", "Resize", "Tile", "Concat",
    }
)  # fmt: skip
"""Operators that onnxruntime runs on int8, or that only move values."""

_QUANTISERS = ("QuantizeLinear", "DequantizeLinear")


def to_float(network: Any) -> Converted:
    """Convert to float32 ONNX with a free batch size, input "pictures", output "probabilities" or "logits".

    Raises:
        ModelError: tf2onnx cannot convert it.
    """
    import tensorflow as tf
    import tf2onnx

    shape = (None, *network.input_shape[1:])
    signature = [tf.TensorSpec(shape, tf.float32, name=INPUT)]
    try:
        # from_keras fails with Keras 3. A function with named ends also gives clean names.
        model, _ = tf2onnx.convert.from_function(serving_function(network, None), signature, opset=OPSET)
    except Exception as error:  # tf2onnx passes on any error of its rewriters
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"tf2onnx cannot convert the network to ONNX ({reason}); run with --debug") from error
    _name_in_order(model)
    _declare_shape(model.graph.output[0], network.output_shape)
    return Converted(model.SerializeToString(), weight_types(model))


def to_int8(int8_tflite: bytes, quantisation: Quantisation | None = None) -> Converted:
    """Write an int8 TFLite file as ONNX: int8 weights between quantise and dequantise nodes, any batch, float32 ends.

    Args:
        quantisation: of the file, if each value of its output has its own scale.

    Raises:
        ModelError: it has an operator without a translation, or some of its arithmetic would stay float.
    """
    import onnx

    model = translate(int8_tflite, OPSET, quantisation)
    require_int8(model)
    onnx.checker.check_model(model)
    return Converted(model.SerializeToString(), weight_types(model))


def weight_types(model: Any) -> dict[str, int]:
    """Count the stored tensors of an `onnx.ModelProto` by type; without scales, zero points and factors of sizes."""
    import onnx

    apart = _parameters(model)
    counts = Counter(
        onnx.TensorProto.DataType.Name(stored.data_type).lower()
        for stored in model.graph.initializer
        if stored.name not in apart
    )
    return {("float32" if name == "float" else name): count for name, count in sorted(counts.items())}


def require_int8(model: Any) -> None:
    """Raise ModelError unless every node can run on int8, and no float weight is stored.

    A product counts as int8 if quantisers stand right before and after it: onnxruntime joins the three.
    """
    made_by = {name: node for node in model.graph.node for name in node.output}
    used_by: dict[str, list[str]] = {}
    for node in model.graph.node:
        for name in node.input:
            used_by.setdefault(name, []).append(node.op_type)
    heavy = [node for node in model.graph.node if node.op_type in _HEAVY]
    still_float = [
        node.name or node.op_type
        for node in heavy
        if any(made_by.get(name) is None or made_by[name].op_type != "DequantizeLinear" for name in node.input[:2])
        or any(user != "QuantizeLinear" for user in used_by.get(node.output[0], ["output"]))
    ]
    still_float += sorted({node.op_type for node in model.graph.node} - _INT8_KERNELS)
    if still_float or not heavy:
        found = ", ".join(still_float) or "no layer at all"
        raise ModelError(f"the int8 ONNX model is not int8 throughout: float is {found}; use layers it can quantise")
    if stored := weight_types(model).get("float32"):
        raise ModelError(f"the int8 ONNX model stores {stored} float tensors; use layers it can quantise")


def _name_in_order(model: Any) -> None:
    """Name nodes and tensors by operator and index: tf2onnx numbers them at random."""
    graph = model.graph
    names = {end.name: end.name for end in (*graph.input, *graph.output)}
    order: dict[str, int] = {}
    stored = {tensor.name for tensor in graph.initializer}
    for place, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{place}"
        for slot, name in enumerate(node.input):
            if name in stored and name not in names:
                names[name] = f"{node.name}_input_{slot}"
                order[name] = len(order)
        for slot, name in enumerate(node.output):
            names.setdefault(name, f"{node.name}_output_{slot}")
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    kept = sorted((tensor for tensor in graph.initializer if tensor.name in order), key=lambda one: order[one.name])
    kept = [_renamed(tensor, names[tensor.name]) for tensor in kept]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:]
    graph.doc_string = ""
    for end in graph.input:
        batch = end.type.tensor_type.shape.dim[0]
        if not batch.HasField("dim_value"):
            batch.dim_param = "batch"


def _declare_shape(end: Any, shape: tuple[int | None, ...]) -> None:
    """Set the shape of an output that Keras knows: tf2onnx loses the number of steps after a product of tensors."""
    del end.type.tensor_type.shape.dim[:]
    for side in shape:
        dimension = end.type.tensor_type.shape.dim.add()
        if side is None:
            dimension.dim_param = "batch"
        else:
            dimension.dim_value = side


def _renamed(tensor: Any, name: str) -> Any:
    copy = type(tensor)()
    copy.CopyFrom(tensor)
    copy.name = name
    return copy


def _parameters(model: Any) -> set[str]:
    return {name for node in model.graph.node if node.op_type in (*_QUANTISERS, "Resize") for name in node.input[1:]}
