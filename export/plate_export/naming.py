"""Names and versions of published models: a user's model never has those of one that ships, or of another."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from plate_runtime.errors import ModelError
from plate_runtime.model_file import read_model_file
from plate_train.networks.weights_file import SHIPPED

from .check_sets.packaged import is_shipped
from .source import Source

FORMATS = (".tflite", ".onnx")
_PLAIN = re.compile(r"(.*?)(\d+)")


def distinct(source: Source, out: Path, *, named: bool = False, versioned: bool = False) -> Source:
    """Return the source with a name and a version of its own; what ships keeps both.

    Args:
        out: folder to publish in; where another network of that name is in it already, the version counts up.
        named, versioned: the user named it, or its version; then that stays.
    """
    if is_shipped(source.digest):
        return source
    meta, notes = source.meta, list(source.notes)
    if not named and meta.name in _shipped_names():
        name = _own_name(source.path, out)
        notes.append(f"called {name}: {meta.name} is the name of a model that ships (--name sets another)")
        meta = dataclasses.replace(meta, name=name)
    if not versioned:
        version = _free_version(meta.name, meta.version, source.digest, out)
        if version != meta.version:
            notes.append(f"version {version}: {out} holds another {meta.name} {meta.version} (--model-version sets it)")
            meta = dataclasses.replace(meta, version=version)
    return dataclasses.replace(source, meta=meta, notes=tuple(notes))


def _shipped_names() -> set[str]:
    return {path.stem.rpartition("-")[0] for path in SHIPPED.glob("*.h5")} | {"plate-reader-nano"}


def _own_name(path: Path, out: Path) -> str:
    """Return the first that is no shipped name: that of the run, of the file, of the folder to publish in."""
    for name in (path.resolve().parent.name if path.name == "model.h5" else path.stem, out.resolve().name):
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
        shipped = any(plain == one or re.fullmatch(rf"{re.escape(one)}-[0-9.]+", plain) for one in _shipped_names())
        if plain and not shipped:
            return plain
    return "my-model"


def _free_version(name: str, version: str, digest: str, out: Path) -> str:
    """Return the version, counted up past those in `out` that are of another `.h5`."""
    while any(
        _digest(path) != digest for path in out.glob(f"{name}-{version}-*") if path.suffix in (".tflite", ".onnx")
    ):
        counted = _PLAIN.fullmatch(version)
        version = f"{counted[1]}{int(counted[2]) + 1}" if counted else f"{version}.1"
    return version


def _digest(path: Path) -> str | None:
    """Return the digest of the `.h5` that a file was made of; None where it does not say."""
    try:
        found = read_model_file(path).manifest.training.get("h5_sha256")
    except ModelError:
        return None
    return found if isinstance(found, str) else None
