"""A model is one file with its manifest inside, which is read, verified and written here without an interpreter.

TFLite: a zip with `manifest.json` is appended to the model, the convention of LiteRT's associated files; the
digest covers the bytes before the zip. ONNX: the manifest is one entry of `metadata_props`; protobuf readers
accept repeated fields at any place, so the entry is appended to the file; the digest covers the file with its
own 64 digits set to 0. Either digest finds damage, not tampering.
"""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from . import onnx_file
from .errors import ModelError, damage_as
from .files import read_whole
from .manifest import LARGEST as LARGEST_MANIFEST
from .manifest import NO_DIGEST, Manifest

_ENTRY = "manifest.json"
_MOST_ENTRIES = 100  # other tools append labels and licences, too
_ONNX_KEY = b"plate_edge_manifest"
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
    data = read_whole(path, _LARGEST, ModelError)
    try:
        with damage_as(ModelError, "the file is damaged; copy or export it again"):
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

    The digest in the manifest is replaced.
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
        digest = hashlib.sha256(_with_manifest(content, manifest, NO_DIGEST)).hexdigest()
        return _with_manifest(content, manifest, digest)
    raise ModelError(f"unknown model format {format_!r}")


def replace_manifest(file: ModelFile, manifest: Manifest) -> bytes:
    """Return the bytes of a file with the same network and another manifest."""
    content = file.content
    if file.format == "onnx":  # the interpreter is given the whole file
        for key, value in onnx_file.read_metadata(content):
            if key == _ONNX_KEY:
                content = content.removesuffix(onnx_file.metadata(key, value))
    return build_model_file(content, file.format, manifest)


def _with_manifest(content: bytes, manifest: Manifest, digest: str) -> bytes:
    text = dataclasses.replace(manifest, sha256=digest).to_json()
    return content + onnx_file.metadata(_ONNX_KEY, text.encode())


def _read_tflite(path: Path, data: bytes) -> ModelFile:
    text, first = _appended_entry(data, _ENTRY.encode())
    manifest = Manifest.from_json(text)
    if hashlib.sha256(data[:first]).hexdigest() != manifest.sha256:
        raise ModelError("the digest does not match, the file is damaged; copy or export it again")
    if data[4:8] != b"TFL3":
        raise ModelError("not a TFLite model")
    return ModelFile(path, "tflite", manifest, data[:first])


def _appended_entry(data: bytes, name: bytes) -> tuple[bytes, int]:
    """Return the stored entry called `name` of the zip at the end of `data`, and where the zip begins.

    It does not use `zipfile`, because importing that with its compressors takes a twentieth of a cold start. Format:
    PKWARE's APPNOTE.TXT, 4.3; the entry is stored, not compressed.
    """
    end = data.rfind(b"PK\x05\x06")
    if end < 0:
        raise ModelError("no manifest inside; export the model with plate-export")
    count, entry = _number(data, end + 10, 2), _number(data, end + 16, 4)
    if end + 22 + _number(data, end + 20, 2) != len(data) or not count <= _MOST_ENTRIES or entry > end:
        raise ModelError("its end is missing or damaged; copy or export it again")
    starts, found, before = [], [], entry
    for _ in range(count):
        if data[entry : entry + 4] != b"PK\x01\x02":
            raise ModelError("its manifest is damaged; copy or export it again")
        local, length = _number(data, entry + 42, 4), _number(data, entry + 28, 2)
        starts.append(local)
        if data[entry + 46 : entry + 46 + length] == name:
            found.append(_stored(data, entry, local, before))
        entry += 46 + length + _number(data, entry + 30, 2) + _number(data, entry + 32, 2)
    if not found:
        raise ModelError("no manifest inside; export the model with plate-export")
    if len(found) > 1:
        raise ModelError("two manifests inside; export it again")
    return found[0], min(starts)


def _stored(data: bytes, entry: int, local: int, end: int) -> bytes:
    """Return the content of the zip's directory `entry`; its local header is at `local`, and it ends before `end`."""
    if _number(data, entry + 10, 2) != 0:
        raise ModelError("its manifest is compressed; export it again")
    begin, size = local + 30 + _number(data, local + 26, 2) + _number(data, local + 28, 2), _number(data, entry + 24, 4)
    if size > LARGEST_MANIFEST:
        raise ModelError(f"its manifest has more than {LARGEST_MANIFEST >> 20} MB; export it again")
    content = data[begin : begin + size]
    whole = data[local : local + 4] == b"PK\x03\x04" and begin + size <= end
    if not whole or zlib.crc32(content) != _number(data, entry + 16, 4):
        raise ModelError("its manifest is damaged; copy or export it again")
    return content


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _read_onnx(path: Path, data: bytes) -> ModelFile:
    with damage_as(ModelError, "not an ONNX model, or a truncated one"):
        found = [value for key, value in onnx_file.read_metadata(data) if key == _ONNX_KEY]
    if len(found) != 1:
        raise ModelError("no manifest inside; export the model with plate-export")
    manifest = Manifest.from_json(found[0])
    digest = manifest.sha256.encode()
    if data.count(digest) != 1:
        raise ModelError("the digest is not in the file exactly once; export it again")
    if hashlib.sha256(data.replace(digest, NO_DIGEST.encode())).hexdigest() != manifest.sha256:
        raise ModelError("the digest does not match, the file is damaged; copy or export it again")
    with damage_as(ModelError, "not an ONNX model, or a damaged one"):
        if onnx_file.names_other_files(data):
            raise ModelError("some of its weights lie in another file; a model is one file, export it again")
    return ModelFile(path, "onnx", manifest, data)
