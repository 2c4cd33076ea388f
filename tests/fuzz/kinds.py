"""Every kind of input that the project reads: sound examples, how they are changed, and what reads them."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import tempfile
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from plate_runtime.errors import PlateEdgeError

from . import device_kinds, media_kinds, output_kinds, training_kinds
from .base import Kind, refused_or_read
from .forked import try_forked
from .mutate import Mutate, mutate_bytes, mutate_text


def check_model(path: Path) -> None:
    """A model file of either format, up to the interpreter."""
    from plate_runtime.model_file import read_model_file

    refused_or_read(lambda: read_model_file(path))


def check_signed_model(path: Path) -> None:
    """A model file with a right digest, in a process of its own, as `--check-model` tries it."""
    try_forked(path)


def check_manifest(path: Path) -> None:
    """A manifest by itself; what is taken can be written again."""
    from plate_runtime.manifest import Manifest

    refused_or_read(lambda: Manifest.from_json(Manifest.from_json(path.read_bytes()).to_json()))


def check_settings(path: Path) -> None:
    """A settings file of a device, as the start and a reload read it."""
    from plate_devices.cli.infer_options import parse_infer

    refused_or_read(lambda: parse_infer(["--config", str(path)]))


def check_labels(path: Path) -> None:
    """Labels of pictures, and the list of reviewed detections."""
    from plate_devices.scoring.reviewed import read_reviewed
    from plate_runtime.labels import by_picture, read_labels

    refused_or_read(lambda: by_picture(read_labels(path)))
    refused_or_read(lambda: read_reviewed(path))


def check_watchlist(path: Path) -> None:
    """A watch list."""
    from plate_devices.watchlists.plate_file import read_plates

    refused_or_read(lambda: read_plates(path))


def check_roi(path: Path) -> None:
    """The ROI that the live page keeps."""
    from plate_devices.serve.roi_file import load_rois

    refused_or_read(lambda: load_rois(path))


def _changed_graph(format_: str) -> Mutate:
    """Return a change of the network alone, put back behind a manifest with a right digest."""
    from plate_runtime.model_file import build_model_file

    def change(content: bytes, rng: random.Random) -> bytes:
        try:
            network, manifest = _taken_apart(content, format_)
        except PlateEdgeError:  # changed so much that it has no manifest any more
            network, manifest = _taken_apart(rng.choice(_models(format_)), format_)
        return build_model_file(mutate_bytes(network, rng), format_, manifest)

    return change


def resigned(content: bytes, rng: random.Random) -> bytes:
    """Change the manifest's text inside a `.tflite`, with a zip and a digest that are right."""
    import io
    import zipfile

    try:
        network, manifest = _taken_apart(content, "tflite")
    except PlateEdgeError:
        network, manifest = _taken_apart(rng.choice(_models("tflite")), "tflite")
    text = dataclasses.replace(manifest, sha256=hashlib.sha256(network).hexdigest()).to_json().encode()
    buffer = io.BytesIO(network)
    buffer.seek(0, io.SEEK_END)
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(buffer, "a", method) as archive:
        for _ in range(rng.choice((1, 1, 1, 2))):
            archive.writestr(zipfile.ZipInfo("manifest.json"), mutate_text(text, rng), method)
    return buffer.getvalue()


@lru_cache(64)
def _taken_apart(content: bytes, format_: str) -> tuple[bytes, Any]:
    from plate_runtime.model_file import read_model_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"seed.{format_}"
        path.write_bytes(content)
        file = read_model_file(path)
    if format_ == "tflite":
        return file.content, file.manifest
    from plate_runtime import onnx_file

    (value,) = [value for key, value in onnx_file.read_metadata(file.content) if key == b"plate_edge_manifest"]
    return file.content[: -len(onnx_file.metadata(b"plate_edge_manifest", value))], file.manifest


@cache
def _models(format_: str) -> list[bytes]:
    from tiny_models import model_bytes
    from tiny_plates import plate_model_bytes

    return [model_bytes(format_), plate_model_bytes(format_)]


def _manifests() -> list[bytes]:
    from tiny_detectors import detector_bytes

    files = [*_models("tflite"), detector_bytes("tflite")]
    return [_taken_apart(content, "tflite")[1].to_json().encode() for content in files]


def _settings() -> list[bytes]:
    return [
        b"""[source]
address = "demo:3"
fps = 5.0
rotate = 90
roi = [0, 0, 640, 480]
size = [1280, 720]
[read]
as = "plate"
region = "ro"
min_confidence = 0.5
models = ["plate-reader"]
threads = 2
check_model = false
[pictures]
crops = "/tmp/crops"
[service]
watchdog = true
log = "json"
stop_within = 3
[heat]
limit = 75.0
[queue]
most_megabytes = 5
[privacy]
keep_days = 30
[serve]
address = "127.0.0.1:8080"
[[output]]
type = "lines"
[[output]]
type = "webhook"
url = "https://example.org/in"
[[output]]
type = "mqtt"
url = "mqtt://user:password@example.org/plates"
[[watchlist]]
name = "staff"
file = "/tmp/staff.txt"
fuzzy = true
"""
    ]


_LABELS = b"image,text,corners,group,plate\na.jpg,AB123,1 2 9 2 9 5 1 5,g,yes\nb/c.png,,,,no\n"
_WATCHLIST = b"# staff\nAB 123, Jane\nCD-45?;visitor\nW*\n"

KINDS = {
    **media_kinds.KINDS,
    **device_kinds.KINDS,
    **output_kinds.KINDS,
    **training_kinds.KINDS,
    "tflite": Kind(".tflite", lambda: _models("tflite"), mutate_bytes, check_model),
    "tflite-manifest": Kind(".tflite", lambda: _models("tflite"), resigned, check_model),
    "tflite-graph": Kind(".tflite", lambda: _models("tflite"), _changed_graph("tflite"), check_signed_model, True),
    "onnx": Kind(".onnx", lambda: _models("onnx"), mutate_bytes, check_model),
    "onnx-graph": Kind(".onnx", lambda: _models("onnx"), _changed_graph("onnx"), check_signed_model, True),
    "manifest": Kind(".json", _manifests, mutate_text, check_manifest),
    "settings": Kind(".toml", _settings, mutate_text, check_settings),
    "labels": Kind(".csv", lambda: [_LABELS], mutate_text, check_labels),
    "watchlist": Kind(".txt", lambda: [_WATCHLIST], mutate_text, check_watchlist),
    "roi": Kind(".json", lambda: [b'{"roi": [1, 2, 300, 400]}\n'], mutate_text, check_roi),
}
