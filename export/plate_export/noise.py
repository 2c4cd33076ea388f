"""Compares outputs for pictures of noise, which drive a network to values that no labelled set reaches.

Differences are counted in steps of the output. An int8 file has its own steps, and all int8 files are compared with one
of them in one interpreter. A float32 file is compared with the `.h5`; its step is 1/255 of the range of the `.h5`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import AccuracyError
from plate_runtime.manifest import InputSpec, Quantisation
from plate_runtime.preprocess import scale_pixels
from plate_runtime.quantisation import output_steps

from .artefact import Artefact
from .convert.exact_int8 import EXACT

SEED = 0
CLOSE_LIMIT = 32
"""Steps, an eighth of the range, by which int8 outputs may differ that need not be equal: of plain rounding, or of an
interpreter that `targets` calls close. An interpreter that rounds twice moves sums by one step, which later layers
enlarge: 31 steps were measured, in OpenVINO 12. A wrong scale, zero point or order of axes moves outputs by more than
half of the range."""
SOFTMAX_LIMIT = 1
"""Steps for int8 files that round exactly and end with a softmax: some interpreters look exponentials up in tables."""
FLOAT_LIMIT = 1
"""Steps for float32 files, which differ from the `.h5` in the order of sums alone: thousandths of a step."""

_MOST_PIXELS = 4_000_000
_MOST = 64
_FIELD = 4, 8
_ROUNDING = 0.01  # of real numbers made of whole steps


@dataclass(frozen=True)
class Difference:
    """Largest difference, in steps, between a file in an interpreter and its reference, and its limit."""

    file: str
    backend: str
    beside: str
    steps: float
    limit: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**vars(self), "steps": round(self.steps, 3)}


@dataclass(frozen=True)
class Noise:
    """The number of pictures of noise and the differences found."""

    pictures: int = 0
    differences: Sequence[Difference] = field(default_factory=list)

    def record(self, file: str) -> dict[str, Any]:
        """Return the manifest's entry for a file: the largest difference by interpreter."""
        found = [one for one in self.differences if one.file == file]
        steps = {one.backend: round(one.steps, 3) for one in found}
        return {"pictures": self.pictures, "seed": SEED, "beside": found[0].beside if found else "", "steps": steps}

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        differences = [one.to_json() for one in self.differences]
        return {"pictures": self.pictures, "seed": SEED, "differences": differences}

    def to_text(self) -> list[str]:
        """Return a line with the largest difference for each reference and limit."""
        lines = []
        for beside, limit in dict.fromkeys((one.beside, one.limit) for one in self.differences):
            compared = [one for one in self.differences if (one.beside, one.limit) == (beside, limit)]
            worst = max(compared, key=lambda one: one.steps)
            lines.append(
                f"- {self.pictures} pictures of noise beside {beside}: outputs differ by at most {worst.steps:.3g} "
                f"steps ({worst.file} in {worst.backend}), {worst.limit:g} are allowed"
            )
        return lines


def inputs(spec: InputSpec) -> NDArray[np.float32]:
    """Return noise as inputs, float32 (n, height, width, 1): of single pixels, and of fields of 4x8 pixels."""
    height, width, _ = spec.shape
    count = max(2, min(_MOST, _MOST_PIXELS // (height * width)))
    numbers = np.random.default_rng(SEED)
    fine = numbers.integers(0, 256, (count // 2, height, width), np.uint8)
    fields = numbers.integers(0, 256, (count - count // 2, -(-height // _FIELD[0]), -(-width // _FIELD[1])), np.uint8)
    coarse = fields.repeat(_FIELD[0], 1).repeat(_FIELD[1], 2)[:, :height, :width]
    return scale_pixels(np.concatenate([fine, coarse]), spec)


def compare(
    reference: NDArray[np.float32],
    outputs: Mapping[tuple[str, str], NDArray[np.float32]],
    artefacts: Sequence[Artefact],
    h5: str,
) -> Noise:
    """Compare outputs for noise, float32 (n, ...).

    Args:
        reference: outputs of the `.h5`; outputs: by file and interpreter; h5: name of the `.h5`.
    """
    by_name = {one.name: one for one in artefacts}
    quantisation = next((one.converted.quantisation for one in artefacts if one.converted.quantisation), None)
    rounding = next((one.converted.rounding for one in artefacts if one.converted.rounding), None)
    span = max(float(reference.max()) - float(reference.min()), 1e-6)
    first: tuple[str, str] | None = None
    differences = []
    for (file, backend), found in outputs.items():
        target = by_name[file].target
        if target.precision == "float32":
            steps = float(np.abs(found - reference).max()) * 255 / span
            differences.append(Difference(file, backend, h5, steps, FLOAT_LIMIT))
        elif first is None:
            first = file, backend
        else:
            assert quantisation is not None
            equal = rounding == EXACT and backend in target.equal
            limit = (SOFTMAX_LIMIT if found.ndim == 2 else 0) if equal else CLOSE_LIMIT
            steps = _in_steps(found - outputs[first], quantisation)
            differences.append(Difference(file, backend, " in ".join(first), steps, limit))
    return Noise(len(reference), differences)


def judge(noise: Noise) -> None:
    """Raise AccuracyError, with the figures, where a difference is above its limit."""
    for one in noise.differences:
        if one.steps > one.limit + _ROUNDING:
            raise AccuracyError(
                f"nothing was published: for noise the outputs of {one.file} in {one.backend} are up to "
                f"{one.steps:.1f} steps from those of {one.beside}, {one.limit:g} are allowed; use layers that "
                "all interpreters compute alike, or leave out --int8"
            )


def _in_steps(difference: NDArray[np.float32], quantisation: Quantisation) -> float:
    scales, _ = output_steps(quantisation)
    return float(np.abs(difference / scales).max())
