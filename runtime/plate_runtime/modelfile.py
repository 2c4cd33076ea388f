"""A model is one file with its manifest inside: found, checked and written here, without an interpreter.

TFLite: a zip with `manifest.json` is appended to the model, the convention of LiteRT's associated files; the
digest covers the bytes before the zip. ONNX: the manifest is one entry of `metadata_props`; protobuf readers
take repeated fields from wherever they stand, so the entry is appended to the file; the digest covers the file
with its own 64 digits set to 0. Either digest finds damage, not tampering.
"""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from .errors import ModelError
from .manifest import NO_DIGEST, Manifest

_ENTRY = "manifest.json"
_ONNX_KEY = b"plate_edge_manifest"
_METADATA_PROPS = 14  # field number in onnx.ModelProto
_LARGEST = 256 * 1024 * 1024  # bytes; edge models are a thousandth of this


@dataclass(frozen=True)
class ModelFile:
    """A verified model file.

    Attributes:
        path: where it was read from; format: "tflite" or "onnx"; content: what the interpreter is given.
    """

    path: Path
    format: str
    manifest: Manifest
    content: bytes


def read_model_file(path: str | Path) -> ModelFile:
    """Read and verify a model file before an interpreter sees it.

    Raises:
        ModelError: the file cannot be read, is neither format, has no manifest, an unknown major version, or
            its digest is not the one recorded.
    """
    path = Path(path)
    format_ = format_of(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise ModelError(f"{path} has more than {_LARGEST >> 20} MB and is no edge model")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return _read_tflite(path, data) if format_ == "tflite" else _read_onnx(path, data)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error.__cause__


def format_of(path: Path) -> str:
    """Return "tflite" or "onnx" by the file's suffix. Raises ModelError for any other."""
    suffix = path.suffix.lower()
    if suffix not in (".tflite", ".onnx"):
        raise ModelError(f"{path} is not a model file; expected a name ending in .tflite or .onnx")
    return suffix[1:]


def build_model_file(content: bytes, format_: str, manifest: Manifest) -> bytes:
    """Return the bytes of a model file: `content` as the converter made it, with the manifest inside.

    The manifest's own digest is computed here, whatever it held before.
    """
    if format_ == "tflite":
        import io
        import zipfile

        digest = hashlib.sha256(content).hexdigest()
        buffer = io.BytesIO(content)
        buffer.seek(0, io.SEEK_END)
        # A fixed date keeps equal models equal to the byte.
        entry = zipfile.ZipInfo(_ENTRY, date_time=(1980, 1, 1, 0, 0, 0))
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
            archive.writestr(entry, dataclasses.replace(manifest, sha256=digest).to_json())
        return buffer.getvalue()
    if format_ == "onnx":
        blank = content + _string_pair(_ONNX_KEY, dataclasses.replace(manifest, sha256=NO_DIGEST).to_json().encode())
        digest = hashlib.sha256(blank).hexdigest()
        return content + _string_pair(_ONNX_KEY, dataclasses.replace(manifest, sha256=digest).to_json().encode())
    raise ModelError(f"unknown model format {format_!r}")


def _read_tflite(path: Path, data: bytes) -> ModelFile:
    text, first = _appended_entry(data, _ENTRY.encode())
    manifest = Manifest.from_json(text)
    if hashlib.sha256(data[:first]).hexdigest() != manifest.sha256:
        raise ModelError("the digest does not match, the file is damaged; copy or export it again")
    if data[4:8] != b"TFL3":
        raise ModelError("not a TFLite model")
    return ModelFile(path, "tflite", manifest, data[:first])


def _appended_entry(data: bytes, name: bytes) -> tuple[bytes, int]:
    """Return a stored entry of the zip at the end of `data`, and where the zip begins.

    By hand (PKWARE's APPNOTE.TXT, 4.3), since importing `zipfile` with its compressors takes a twentieth of the
    time from shell to plate; the entry is stored, not compressed, so there is nothing else to do.
    """
    end = data.rfind(b"PK\x05\x06")
    if end < 0:
        raise ModelError("no manifest inside; export the model with plate-export")
    if end + 22 + _number(data, end + 20, 2) != len(data):
        raise ModelError("its end is missing or damaged; copy or export it again")
    entry = _number(data, end + 16, 4)
    starts, found = [], b""
    for _ in range(_number(data, end + 10, 2)):
        if data[entry : entry + 4] != b"PK\x01\x02":
            raise ModelError("its manifest is damaged; copy or export it again")
        local, length = _number(data, entry + 42, 4), _number(data, entry + 28, 2)
        starts.append(local)
        if data[entry + 46 : entry + 46 + length] == name and _number(data, entry + 10, 2) == 0:
            content = local + 30 + _number(data, local + 26, 2) + _number(data, local + 28, 2)
            found = data[content : content + _number(data, entry + 24, 4)]
            if zlib.crc32(found) != _number(data, entry + 16, 4):
                raise ModelError("its manifest is damaged; copy or export it again")
        entry += 46 + length + _number(data, entry + 30, 2) + _number(data, entry + 32, 2)
    if not found:
        raise ModelError("no manifest inside; export the model with plate-export")
    return found, min(starts)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _read_onnx(path: Path, data: bytes) -> ModelFile:
    try:
        found = [value for key, value in _string_pairs(data) if key == _ONNX_KEY]
    except (IndexError, ValueError) as error:
        raise ModelError("not an ONNX model, or a truncated one") from error
    if len(found) != 1:
        raise ModelError("no manifest inside; export the model with plate-export")
    manifest = Manifest.from_json(found[0])
    digest = manifest.sha256.encode()
    if data.count(digest) != 1:
        raise ModelError("the digest does not stand in the file exactly once; export it again")
    if hashlib.sha256(data.replace(digest, NO_DIGEST.encode())).hexdigest() != manifest.sha256:
        raise ModelError("the digest does not match, the file is damaged; copy or export it again")
    return ModelFile(path, "onnx", manifest, data)


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


def _string_pair(key: bytes, value: bytes) -> bytes:
    return _field(_METADATA_PROPS, _field(1, key) + _field(2, value))


def _string_pairs(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return key and value of every `metadata_props` entry, walking only the outermost fields."""
    pairs = []
    for number, payload in _fields(data):
        if number == _METADATA_PROPS:
            entry = dict(_fields(payload))
            pairs.append((entry.get(1, b""), entry.get(2, b"")))
    return pairs


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    """Return number and payload of each length-delimited field; raises IndexError or ValueError if cut short."""
    fields = []
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        wire_type = tag & 7
        if wire_type == 0:
            _, at = _read_varint(data, at)
            continue
        if wire_type in (1, 5):
            at += 8 if wire_type == 1 else 4
            continue
        if wire_type != 2:
            raise ValueError(f"wire type {wire_type}")
        length, at = _read_varint(data, at)
        if at + length > len(data):
            raise ValueError("field runs past the end")
        fields.append((tag >> 3, data[at : at + length]))
        at += length
    if at != len(data):
        raise ValueError("field runs past the end")
    return fields


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("varint too long")
