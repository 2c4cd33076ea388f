"""The manifest of a model file. The runtime takes every parameter from it."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .errors import ModelError, damage_as
from .script import Script
from .value_checks import is_number, is_record, is_scale, is_zero_point, require

MANIFEST_VERSION = "1.3"
KINDS = ("character", "plate", "detector")
POLARITIES = ("light-on-dark", "dark-on-light", "any")
RESIZE_RULES = ("stretch", "crop-stretch", "pad", "fit")
PRECISIONS = ("float32", "int8")
CONTRASTS = ("as-is", "standardise")
DECODINGS = ("softmax", "ctc", "slots", "corners")
CELL_VALUES = 9
"""Numbers in a detector's output per cell: the logit of the score, and x, y of four corners."""
NO_DIGEST = "0" * 64
LARGEST = 4 << 20
"""Bytes of a manifest; most of one is a list of fonts."""
_DIGEST = re.compile("[0-9a-f]{64}")
_LONGEST_NAME, _LONGEST_ALPHABET, _MOST_STRIDES = 200, 1000, 8
_MOST_COUNTED = 10**12
_LARGEST_OUTPUT = 1 << 24
"""Numbers in one output: 64 MB, a hundred times that of a detector for 1280x1280 pixels."""
_DECODINGS_OF = {"character": ("softmax",), "plate": ("ctc", "slots"), "detector": ("corners",)}


@dataclass(frozen=True)
class InputSpec:
    """How a picture becomes the input tensor.

    Attributes:
        shape: height, width and channels of one input, without the batch.
        layout: order of the axes, "NHWC".
        colour: "gray" (one channel).
        dtype: type of the input tensor, "float32" or "int8".
        scale: what a pixel of 0..255 is multiplied by before it enters the network (or is quantised).
        polarity: what the network was trained on: "light-on-dark", "dark-on-light", or "any".
        resize: "stretch" the whole picture; "crop-stretch" its ink; "pad" it to the input's aspect; "fit": made smaller
            where it is too large, never larger, and placed at the top left on black.
        contrast: "as-is"; "standardise": brought to a fixed mean and spread, see `preprocess.standardise`.
    """

    shape: tuple[int, int, int] = (28, 28, 1)
    layout: str = "NHWC"
    colour: str = "gray"
    dtype: str = "float32"
    scale: float = 1 / 255
    polarity: str = "light-on-dark"
    resize: str = "stretch"
    contrast: str = "as-is"

    def __post_init__(self) -> None:
        require(len(self.shape) == 3 and all(type(n) is int and 0 < n <= 4096 for n in self.shape), "input.shape")
        require(self.layout == "NHWC", "input.layout")
        require(self.colour == "gray" and self.shape[2] == 1, "input.colour")
        require(self.dtype in PRECISIONS, "input.dtype")
        require(is_scale(self.scale), "input.scale")
        require(self.polarity in POLARITIES, "input.polarity")
        require(self.resize in RESIZE_RULES, "input.resize")
        require(self.contrast in CONTRASTS, "input.contrast")


@dataclass(frozen=True)
class Quantisation:
    """Scale and zero point of the input and the output tensor: real = scale * (stored - zero_point).

    Attributes:
        value_scales, value_zero_points: one for each value of a detector's cell, in place of those of the output
            tensor, which would have to fit scores and corners alike; empty if the tensor's own are used.
    """

    input_scale: float
    input_zero_point: int
    output_scale: float
    output_zero_point: int
    value_scales: tuple[float, ...] = ()
    value_zero_points: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("input", "output"):
            scale, zero_point = getattr(self, f"{name}_scale"), getattr(self, f"{name}_zero_point")
            require(is_scale(scale), f"quantisation.{name}_scale")
            require(is_zero_point(zero_point), f"quantisation.{name}_zero_point")
        require(all(map(is_scale, self.value_scales)), "quantisation.value_scales")
        require(all(map(is_zero_point, self.value_zero_points)), "quantisation.value_zero_points")
        require(len(self.value_zero_points) == len(self.value_scales), "quantisation.value_zero_points")


@dataclass(frozen=True)
class Score:
    """The score of a model on a labelled set in one interpreter.

    Attributes:
        set: name of the set. digest: SHA-256 of its content. count: its pictures; of a detector the plates in them.
        right: read exactly, or detected with an intersection over union of at least 0.5.
        folded: right with O=0 and I=1 taken as the same. backend, backend_version: the interpreter.
        frames: of a detector, the number of pictures. false: detections in them that lie on no plate.
        reader: of a detector, the model that read them, name@version: second looks depend on the readings.
    """

    set: str
    digest: str
    count: int
    right: int
    folded: int
    backend: str
    backend_version: str
    frames: int = 0
    false: int = 0
    reader: str = ""

    def __post_init__(self) -> None:
        for name in ("set", "digest", "backend", "backend_version", "reader"):
            value = getattr(self, name)
            require(isinstance(value, str) and len(value) <= _LONGEST_NAME and value.isprintable(), f"scores.{name}")
        for name in ("count", "right", "folded", "frames", "false"):
            value = getattr(self, name)
            require(type(value) is int and 0 <= value <= _MOST_COUNTED, f"scores.{name}")


@dataclass(frozen=True)
class Manifest:
    """Everything that the runtime needs to know of a model, and its users should know.

    Attributes:
        kind: "character", "plate" or "detector".
        name, version: as in `name@version`.
        alphabet: one character per class, in the order of the output, printable and without spaces. Empty for a
            detector.
        input: see `InputSpec`.
        precision: "float32" or "int8": how weights and activations are stored.
        decoding: of the output. "softmax": probabilities of a character, one per class. "ctc", "slots": logits of a
            plate for several steps, the last class is the blank; repeats are one character for "ctc" only.
            "corners": of a detector, a score and four corners per cell, see `detect.decode_corners`.
        steps: of a plate's output, else 0.
        strides: of a detector's levels: the width of a level's cells in pixels of the input, each dividing its sides.
        temperature: logits are divided by it until the probabilities are calibrated; 0.001 to 1000.
        thresholds: defaults such as `min_confidence`, each 0..1. For a detector: `min_detection`, and `min_confidence`
            for the product of detection and reading. For a plate model `second_look`, see `second_look.BELOW`.
        quantisation: scales of an int8 input and output, else None.
        training: what it was trained on: data sets and digests, seeds, library versions, font licences.
        scores: see `Score`.
        licence: SPDX name.
        sha256: finds damage; of the model's bytes (TFLite) or of the file with these 64 digits as 0 (ONNX).
    """

    kind: str
    name: str
    version: str
    alphabet: str
    input: InputSpec
    precision: str = "float32"
    decoding: str = "softmax"
    steps: int = 0
    strides: tuple[int, ...] = ()
    temperature: float = 1.0
    thresholds: Mapping[str, float] = field(default_factory=lambda: {"min_confidence": 0.5})
    quantisation: Quantisation | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    licence: str = "Apache-2.0"
    manifest_version: str = MANIFEST_VERSION
    sha256: str = NO_DIGEST

    def __post_init__(self) -> None:
        if self.kind == "locator":
            raise ModelError("its kind is 'locator', which is now called 'detector'; export it again")
        require(self.kind in KINDS, "kind")
        for name in ("name", "version", "licence"):
            value = getattr(self, name)
            require(isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable(), name)
        require(isinstance(self.alphabet, str) and len(set(self.alphabet)) == len(self.alphabet), "alphabet")
        require((self.alphabet == "") == (self.kind == "detector"), "alphabet")
        require(self.alphabet.isprintable() and " " not in self.alphabet, "alphabet")
        require(len(self.alphabet) <= _LONGEST_ALPHABET, "alphabet")
        require(self.precision in PRECISIONS, "precision")
        require(self.decoding in DECODINGS, "decoding")
        require(self.decoding in _DECODINGS_OF[self.kind], "decoding")
        require(type(self.steps) is int and 0 <= self.steps <= 4096, "steps")
        require((self.steps > 0) == (self.kind == "plate"), "steps")
        self._require_strides()
        require(is_number(self.temperature) and 1e-3 <= self.temperature <= 1e3, "temperature")
        require(all(is_number(value) and 0 <= value <= 1 for value in self.thresholds.values()), "thresholds")
        require(isinstance(self.training, Mapping) and is_record(self.training), "training")
        require(isinstance(self.sha256, str) and _DIGEST.fullmatch(self.sha256) is not None, "sha256")
        require(self.input.dtype != "int8" or self.quantisation is not None, "quantisation")
        if self.quantisation is not None and self.quantisation.value_scales:
            require(self.kind == "detector", "quantisation.value_scales")
            require(len(self.quantisation.value_scales) == CELL_VALUES, "quantisation.value_scales")

    @property
    def label(self) -> str:
        """`name@version`, as records name the model."""
        return f"{self.name}@{self.version}"

    @cached_property
    def script(self) -> Script:
        """The characters that it reads; see `Script`."""
        return Script(self.alphabet)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one output without the batch: (classes,), (steps, classes and blank), or a detector's (cells, 9)."""
        return output_shape(self.kind, self.input, self.alphabet, self.steps, self.strides)

    def _require_strides(self) -> None:
        require(isinstance(self.strides, tuple) and len(self.strides) <= _MOST_STRIDES, "strides")
        require(all(type(n) is int and n > 0 for n in self.strides), "strides")
        require((self.kind == "detector") == (len(self.strides) > 0), "strides")
        height, width, _ = self.input.shape
        require(all(height % stride == 0 and width % stride == 0 for stride in self.strides), "strides")
        require(math.prod(self.output_shape) <= _LARGEST_OUTPUT, "an output of that size")

    def to_json(self) -> str:
        """Return the manifest as ASCII JSON on one line; the digest is in it exactly once."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """Read a manifest; keys of later minor versions are ignored.

        Raises:
            ModelError: it is no JSON object, lacks a key, has an unknown major version or a value out of range.
        """
        require(len(text) <= LARGEST, f"more than {LARGEST >> 20} MB")
        with damage_as(ModelError, "the manifest is not valid JSON"):
            raw = json.loads(text)
        require(isinstance(raw, dict), "an object")
        version = str(raw.get("manifest_version", "missing"))[:20]
        if version.partition(".")[0] != MANIFEST_VERSION.partition(".")[0]:
            raise ModelError(
                f"manifest version {version!r} is unknown (this runtime reads {MANIFEST_VERSION}); update plate-edge"
            )
        with damage_as(ModelError, "the manifest is incomplete or has a value of a wrong type"):
            values = _known(cls, raw)
            spec = _known(InputSpec, raw["input"])
            values["input"] = InputSpec(**{**spec, "shape": tuple(spec["shape"])})
            if values.get("quantisation") is not None:
                values["quantisation"] = Quantisation(**_tuples(_known(Quantisation, values["quantisation"])))
            values["strides"] = tuple(values.get("strides", ()))
            values["scores"] = tuple(Score(**_known(Score, score)) for score in values.get("scores", ()))
            return cls(**values)


def output_shape(
    kind: str, spec: InputSpec, alphabet: str, steps: int = 0, strides: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """Return the shape of one output without the batch, see `Manifest.output_shape`."""
    if kind == "detector":
        height, width, _ = spec.shape
        return sum(height // stride * (width // stride) for stride in strides), CELL_VALUES
    return (steps, len(alphabet) + 1) if kind == "plate" else (len(alphabet),)


def _known(cls: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    names = {entry.name for entry in dataclasses.fields(cls)}
    return {name: value for name, value in raw.items() if name in names}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
