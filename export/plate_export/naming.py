"""Names and versions of exported models: a user's model has neither those of a shipped model nor of another."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from plate_runtime.errors import ModelError
from plate_runtime.model_file import read_model_file
from plate_train.networks.model_name import RESERVED, model_name

from .check_sets.packaged import is_shipped
from .source import Source
from .targets import TARGETS

_SUFFIXES = {f".{target.format}" for target in TARGETS}
_PLAIN = re.compile(r"(.*?)(\d+)")


def distinct(source: Source, out: Path, *, named: bool = False, versioned: bool = False) -> Source:
    """Return the source with a unique name and version; a shipped model keeps both.

    Args:
        out: folder to publish in; if it holds another network of that name, the version is incremented.
        named, versioned: the user gave the name or the version, which is kept.
    """
    if is_shipped(source.digest):
        return source
    meta, notes = source.meta, list(source.notes)
    if not named and meta.name in RESERVED:
        path = source.path.resolve()
        name = model_name(path.parent.name if path.name == "model.h5" else path.stem, out.resolve().name)
        notes.append(f"called {name}: {meta.name} is the name of a shipped model (--name sets another)")
        meta = dataclasses.replace(meta, name=name)
    if not versioned:
        version = _free_version(meta.name, meta.version, source.digest, out)
        if version != meta.version:
            notes.append(f"version {version}: {out} holds another {meta.name} {meta.version} (--model-version sets it)")
            meta = dataclasses.replace(meta, version=version)
    return dataclasses.replace(source, meta=meta, notes=tuple(notes))


def _free_version(name: str, version: str, digest: str, out: Path) -> str:
    """Return the version, incremented until `out` holds no file of it from another `.h5`."""
    while any(_digest(path) != digest for path in out.glob(f"{name}-{version}-*") if path.suffix in _SUFFIXES):
        counted = _PLAIN.fullmatch(version)
        version = f"{counted[1]}{int(counted[2]) + 1}" if counted else f"{version}.1"
    return version


def _digest(path: Path) -> str | None:
    """Return the digest of the `.h5` that a file was made from, or None if its manifest has none."""
    try:
        found = read_model_file(path).manifest.training.get("h5_sha256")
    except ModelError:
        return None
    return found if isinstance(found, str) else None
