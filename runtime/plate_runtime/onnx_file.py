"""The part of ONNX's protobuf that is needed before an interpreter sees a model: metadata, and the place of weights."""

from __future__ import annotations

from collections.abc import Iterator

_METADATA_PROPS = 14  # field number in onnx.ModelProto
_MOST_FIELDS = 200_000  # seventy times those of the detector; each takes some microseconds
_DEEPEST = 32

# Messages that contain tensors: message -> field number -> message in it (onnx.proto of ONNX 1.17, IR version 10).
_HOLDERS = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of onnx.TensorProto


def metadata(key: bytes, value: bytes) -> bytes:
    """Return an entry of `metadata_props`, to be appended to a model."""
    return _field(_METADATA_PROPS, _field(1, key) + _field(2, value))


def read_metadata(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return key and value of every `metadata_props` entry, walking only the outermost fields.

    Raises:
        IndexError, ValueError: this is no protobuf, or it is cut short.
    """
    pairs = []
    for number, payload in _fields(memoryview(data), [_MOST_FIELDS]):
        if number == _METADATA_PROPS and payload is not None:
            entry = {key: bytes(value) for key, value in _fields(payload, [100]) if value is not None}
            pairs.append((entry.get(1, b""), entry.get(2, b"")))
    return pairs


def names_other_files(data: bytes) -> bool:
    """Return whether any tensor of a model has its values in another file.

    onnxruntime would look for such a file in the folder that the program was started in. Raises as above.
    """
    left = [_MOST_FIELDS]
    waiting = [("model", memoryview(data), 0)]
    while waiting:
        kind, payload, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        for number, inner in _fields(payload, left):
            if kind == "tensor":
                if number in (_EXTERNAL_DATA, _DATA_LOCATION):
                    return True
            elif number in _HOLDERS[kind] and inner is not None:
                waiting.append((_HOLDERS[kind][number], inner, depth + 1))
    return False


def _varint(value: int) -> bytes:
    """Encode an unsigned integer in protobuf's base-128 form."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, payload: bytes) -> bytes:
    """Encode a length-delimited protobuf field (wire type 2)."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _fields(data: memoryview, left: list[int]) -> Iterator[tuple[int, memoryview | None]]:
    """Yield number and payload of each field, None for plain numbers; `left` counts down the fields that may follow.

    Raises IndexError or ValueError if it is cut short.
    """
    at = 0
    while at < len(data):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("more fields than any edge model has")
        tag, at = _read_varint(data, at)
        wire_type = tag & 7
        payload = None
        if wire_type == 0:
            value, at = _read_varint(data, at)
            if value == 0:  # what is left out means the same
                continue
        elif wire_type in (1, 5):
            at += 8 if wire_type == 1 else 4
        elif wire_type == 2:
            length, at = _read_varint(data, at)
            payload = data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {wire_type}")
        if at > len(data):
            raise ValueError("a field runs past the end")
        yield tag >> 3, payload


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
