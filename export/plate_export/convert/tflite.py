"""Keras network -> TFLite, float32 or int8 throughout; checks that an int8 file is int8."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import ModelError
from plate_runtime.manifest import Quantisation

from ..network_outputs import output_name
from .converted import Converted

INPUT = "pictures"


def serving_function(network: Any, batch: int | None) -> Any:
    """Return the network as a `tf.function`: float32 (batch, height, width, 1) -> {name of the output: values}."""
    import tensorflow as tf

    shape, output = (batch, *network.input_shape[1:]), output_name(len(network.output_shape))

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name=INPUT)])  # type: ignore[untyped-decorator]
    def serve(pictures: Any) -> dict[str, Any]:
        return {output: network(pictures, training=False)}

    return serve


def to_float(network: Any) -> Converted:
    """Convert to float32 TFLite, batch 1.

    Raises:
        ModelError: TensorFlow cannot convert it.
    """
    content = _convert(_converter(network))
    return Converted(content, tensor_types(content))


def to_int8(network: Any, inputs: NDArray[np.float32]) -> Converted:
    """Convert to TFLite that is int8 from its input to its output, batch 1.

    Args:
        inputs: float32 (n, height, width, 1), the calibration pictures.

    Raises:
        ModelError: TensorFlow cannot convert it, or something in it stayed float.
    """
    import tensorflow as tf

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for place in range(len(inputs)):
            yield [inputs[place : place + 1]]

    converter = _converter(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # One scale a dense layer: older kernels read only the first scale, without an error.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    content = _convert(converter)
    types = tensor_types(content)
    require_int8(types)
    return Converted(content, types, read_quantisation(content))


def tensor_types(content: bytes) -> dict[str, int]:
    """Count the tensors of a TFLite file by type, all subgraphs, without an interpreter."""
    names = _type_names()
    counts = Counter(names[tensor.type] for graph in parsed(content).subgraphs for tensor in graph.tensors)
    return dict(sorted(counts.items()))


def require_int8(types: dict[str, int]) -> None:
    """Raise ModelError unless all tensors are int8, or int32 as biases and shapes are."""
    others = {name: count for name, count in types.items() if name not in ("int8", "int32")}
    if others or "int8" not in types:
        found = ", ".join(f"{count} {name}" for name, count in others.items()) or "no int8 tensor"
        raise ModelError(f"the int8 model is not int8 throughout, it has {found}; use layers that TFLite can quantise")


def read_quantisation(content: bytes) -> Quantisation:
    """Return scale and zero point of the input and the output of a one-input, one-output int8 model."""
    graph = parsed(content).subgraphs[0]
    ends = [graph.tensors[place].quantization for place in (graph.inputs[0], graph.outputs[0])]
    (input_scale, input_zero), (output_scale, output_zero) = (
        (float(end.scale[0]), int(end.zeroPoint[0])) for end in ends
    )
    return Quantisation(input_scale, input_zero, output_scale, output_zero)


def _converter(network: Any) -> Any:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # The converter does not see the weights of Keras 3, and would write them as resource variables.
    frozen = convert_variables_to_constants_v2(serving_function(network, 1).get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])


def _convert(converter: Any) -> bytes:
    try:
        return bytes(converter.convert())
    except Exception as error:  # the converter also raises errors of its library
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"TensorFlow cannot convert the network to TFLite ({reason}); run with --debug") from error


def parsed(content: bytes) -> Any:
    from tensorflow.lite.tools import flatbuffer_utils

    return flatbuffer_utils.convert_bytearray_to_object(bytearray(content))


def packed(model: Any) -> bytes:
    """Return a model from `parsed` as a file."""
    from tensorflow.lite.tools import flatbuffer_utils

    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _type_names() -> dict[int, str]:
    from tensorflow.lite.python import schema_py_generated as schema

    return {number: name.lower() for name, number in vars(schema.TensorType).items() if isinstance(number, int)}
