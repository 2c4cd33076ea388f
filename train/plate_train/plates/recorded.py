"""The drawings of a model, drawn again by what its file recorded of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as
from plate_runtime.preprocess import standardise

from ..loop.progress import progress
from ..loop.run_files import number_in
from ..loop.shards import TRAINING_PART, VALIDATION_PART, Draw
from ..networks.weights_file import ModelMeta
from .score import CropSet

_HINT = "name data with --data DIR"
_DRAWN_FOR = {"plate": "plates", "detector": "scenes"}


def drawings_digest(pictures: NDArray[np.uint8], texts: Sequence[str]) -> str:
    """Return the SHA-256 of crops, uint8 (n, height, width) as they were drawn, and their texts, in their order."""
    content = hashlib.sha256("\n".join(texts).encode())
    content.update(np.ascontiguousarray(pictures, dtype=np.uint8).data)
    return content.hexdigest()


def validation_drawings(meta: ModelMeta, draw: Draw | None = None) -> tuple[CropSet, str]:
    """Draw the recorded validation set again, and return it with its digest.

    Args:
        draw: the generator; the project's own if None.

    Raises:
        DataError: nothing was recorded, or the generator draws something else by now.
    """
    pictures, texts, digest = validation_again(meta, "plate", draw or _own_generator())
    return CropSet("drawn-plates/val", standardise(pictures), texts), digest


def training_drawings(meta: ModelMeta, count: int, draw: Draw | None = None) -> CropSet:
    """Draw `count` of the plates that the network was trained on last.

    Raises:
        DataError: nothing was recorded, or the fonts are missing.
    """
    pictures, texts = training_again(meta, "plate", count, draw or _own_generator())
    return CropSet("drawn-plates/train", standardise(pictures), texts)


def validation_again(meta: ModelMeta, kind: str, draw: Draw) -> tuple[NDArray[np.uint8], list[str], str]:
    """Return what a network of that kind was validated on, see `Draw`, and its digest; raises as above."""
    record = _record(meta, kind)
    with damage_as(DataError, f"the model's record of its drawings is incomplete; {_HINT}"):
        recorded = record["sets"]["val"]
        seed, number, count = (number_in(recorded, key) for key in ("seed", "number", "count"))
        expected = str(recorded["digest"])
    with progress(count, "drawing pictures to check with", "picture") as bar:
        pictures, texts = draw(seed, number, count, meta.input, VALIDATION_PART, advance=bar.update)
    found = drawings_digest(pictures, texts)
    if found != expected:
        what = _DRAWN_FOR[kind]
        raise DataError(f"the generator draws other {what} than those that were recorded; {_HINT}, or train again")
    return pictures, texts, found


def training_again(meta: ModelMeta, kind: str, count: int, draw: Draw) -> tuple[NDArray[np.uint8], list[str]]:
    """Return `count` of the drawings that a network of that kind was trained on last; raises as above."""
    record = _record(meta, kind)
    with damage_as(DataError, f"the model's record of its drawings is incomplete; {_HINT}"):
        seed, first = number_in(record, "drawing_seed"), number_in(record["generators"][-1], "first_shard")
        size = number_in(record["settings"], "shard", least=1)
    count = min(count, size)
    # Drawings are numbered through: the first whole lot of `count` that lies in that shard or after it.
    lot = -(-first * size // count)
    with progress(count, "drawing pictures to calibrate with", "picture") as bar:
        return draw(seed, lot, count, meta.input, TRAINING_PART, advance=bar.update)


def _record(meta: ModelMeta, kind: str) -> Any:
    if meta.kind != kind or meta.training.get("kind") != "drawn":
        raise DataError(f"the model does not say what it was trained on; {_HINT}")
    return meta.training


def _own_generator() -> Draw:
    from ..synthetic.plates.shard import shard

    return shard
