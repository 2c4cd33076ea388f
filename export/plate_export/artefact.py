"""A model file during an export: its content, its manifest and its scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plate_runtime.detect import MIN_DETECTION
from plate_runtime.manifest import Manifest, Score
from plate_runtime.model_file import build_model_file
from plate_runtime.reader import PLATE_AT_LEAST

from .convert.converted import Converted
from .source import Source
from .targets import Target

_PATHS = ("path", "data", "start", "drawings", "watch")
"""Keys of a training record with values that may be paths."""

_THRESHOLDS = {
    "character": {"min_confidence": 0.5},
    "plate": {"min_confidence": 0.2},
    "detector": {"min_detection": MIN_DETECTION, "min_confidence": PLATE_AT_LEAST},
}
"""Thresholds of a network if its `.h5` records none."""


@dataclass(frozen=True)
class Artefact:
    """A model file: NAME-VERSION-PRECISION.FORMAT.

    Attributes:
        target: its row of the table of targets; converted: its content; manifest: its description.
    """

    target: Target
    converted: Converted
    manifest: Manifest

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.manifest.name}-{self.manifest.version}-{self.target.suffix}"

    def build(self) -> bytes:
        """Return the file's bytes, manifest and digest inside."""
        return build_model_file(self.converted.content, self.target.format, self.manifest)

    def with_scores(self, scores: Sequence[Score]) -> Artefact:
        """Return the same file with its scores in the manifest."""
        return dataclasses.replace(self, manifest=dataclasses.replace(self.manifest, scores=tuple(scores)))

    def with_noise(self, record: Mapping[str, Any]) -> Artefact:
        """Return the same file with the differences for noise in the manifest; see `noise`."""
        training = dict(self.manifest.training)
        training["export"] = {**training["export"], "noise": dict(record)}
        return dataclasses.replace(self, manifest=dataclasses.replace(self.manifest, training=training))


def describe(source: Source, target: Target, converted: Converted, export: Mapping[str, Any]) -> Artefact:
    """Return the converted network with a manifest of what its `.h5` records and how it was exported."""
    meta = source.meta
    manifest = Manifest(
        kind=meta.kind,
        name=meta.name,
        version=meta.version,
        alphabet=meta.alphabet,
        input=dataclasses.replace(meta.input, dtype="int8" if converted.quantisation else "float32"),
        precision=target.precision,
        decoding=meta.decoding,
        steps=meta.steps,
        strides=meta.strides,
        temperature=meta.temperature,
        thresholds=dict(meta.thresholds or _THRESHOLDS[meta.kind]),
        quantisation=converted.quantisation,
        training={**_without_folders(meta.training), "h5_sha256": source.digest, "export": dict(export)},
        licence=meta.licence,
    )
    return Artefact(target, converted, manifest)


def _without_folders(record: Any) -> Any:
    """Return a record with file names in place of paths: the folders of a home are private."""
    if isinstance(record, Mapping):
        return {key: _names(value) if key in _PATHS else _without_folders(value) for key, value in record.items()}
    return [_without_folders(value) for value in record] if isinstance(record, list) else record


def _names(value: Any) -> Any:
    if isinstance(value, str):
        return value.rstrip("/").rpartition("/")[2]
    return [_names(one) for one in value] if isinstance(value, list | tuple) else _without_folders(value)
