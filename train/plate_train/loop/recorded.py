"""The synthetic pictures of a model, rendered again from the record in its file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..networks.weights_file import ModelMeta
from ..progress import progress
from .run_files import number_in
from .shards import TRAINING_PART, VALIDATION_PART, Draw, shard_digest

_HINT = "name data with --data DIR"


_DRAWN_FOR = {"plate": "plates", "detector": "scenes"}


def validation_again(meta: ModelMeta, kind: str, draw: Draw) -> tuple[NDArray[np.uint8], list[str], str]:
    """Return what a network of that kind was validated on, see `Draw`, and its digest; raises as above."""
    record = _record(meta, kind)
    with damage_as(DataError, f"the model's record of its drawings is incomplete; {_HINT}"):
        recorded = record["sets"]["val"]
        seed, number, count = (number_in(recorded, key) for key in ("seed", "number", "count"))
        expected = str(recorded["digest"])
    with progress(count, "drawing pictures to check with", "picture") as bar:
        pictures, texts = draw(seed, number, count, meta.input, VALIDATION_PART, advance=bar.update)
    found = shard_digest(pictures, texts)
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
