"""Write small TFLite files without TensorFlow, with the schema that LiteRT's package brings along."""

from __future__ import annotations

from typing import Any

import numpy as np


def write_tflite(tensors: list[dict[str, Any]], buffers: list[bytes], operators: list[dict[str, Any]]) -> bytes:
    """Assemble a model whose first tensor is its input and whose last one is its output.

    Args:
        tensors: name, shape, maybe buffer (1 is the first), type ("FLOAT32") and quantisation (scale, zero point).
        operators: name, version, inputs, outputs, and maybe options of the operator's own kind.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version = 3
    model.buffers = [schema.BufferT() for _ in range(1 + len(buffers))]
    for buffer, data in zip(model.buffers[1:], buffers, strict=True):
        buffer.data = np.frombuffer(data, np.uint8)
    graph.tensors = [_tensor(schema, entry) for entry in tensors]
    graph.inputs, graph.outputs = [0], [len(tensors) - 1]
    model.operatorCodes = [_operator_code(schema, entry) for entry in operators]
    graph.operators = [_operator(schema, number, entry) for number, entry in enumerate(operators)]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _operator_code(schema: Any, entry: dict[str, Any]) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, entry["name"].upper())
    code.version = entry["version"]
    return code


def _operator(schema: Any, number: int, entry: dict[str, Any]) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = number, entry["inputs"], entry["outputs"]
    kind = "".join(word.capitalize() for word in entry["name"].split("_")).replace("2d", "2D") + "Options"
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
    operator.builtinOptions = getattr(schema, kind + "T")()
    for name, value in entry.get("options", {}).items():
        setattr(operator.builtinOptions, name, value)
    return operator


def _tensor(schema: Any, entry: dict[str, Any]) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer = entry["name"], entry["shape"], entry.get("buffer", 0)
    tensor.type = getattr(schema.TensorType, entry.get("type", "FLOAT32"))
    if "quantisation" in entry:
        scale, zero_point = entry["quantisation"]
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
    return tensor
