"""The synthetic pictures of a model, rendered again from the record in its file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..networks.weights_file import ModelMeta
from ..progress import progress
from .run_files import number_in
from .shards import TRAINING_SPLIT, VALIDATION_SPLIT, Render, shard_digest

_HINT = "name data with --data DIR"


_WHAT = {"plate": "plates", "detector": "scenes"}


def validation_again(meta: ModelMeta, kind: str, render: Render) -> tuple[NDArray[np.uint8], list[str], str]:
    """Render the validation set of a network of this kind again, see `Render`; return it with its digest.

    Raises:
        DataError: nothing was recorded, or the generator renders something else now.
    """
    record = _record(meta, kind)
    with damage_as(DataError, f"the model's record of its training data is incomplete; {_HINT}"):
        recorded = record["sets"]["val"]
        seed, number, count = (number_in(recorded, key) for key in ("seed", "number", "count"))
        expected = str(recorded["digest"])
    with progress(count, "rendering validation pictures", "picture") as bar:
        pictures, texts = render(seed, number, count, meta.input, VALIDATION_SPLIT, advance=bar.update)
    found = shard_digest(pictures, texts)
    if found != expected:
        what = _WHAT[kind]
        raise DataError(f"the generator renders other {what} than those that were recorded; {_HINT}, or train again")
    return pictures, texts, found


def training_again(meta: ModelMeta, kind: str, count: int, render: Render) -> tuple[NDArray[np.uint8], list[str]]:
    """Render `count` of the pictures that a network of this kind was trained on last.

    Raises:
        DataError: nothing was recorded.
    """
    record = _record(meta, kind)
    with damage_as(DataError, f"the model's record of its training data is incomplete; {_HINT}"):
        seed, first = number_in(record, "drawing_seed"), number_in(record["generators"][-1], "first_shard")
        size = number_in(record["settings"], "shard", least=1)
    count = min(count, size)
    # Pictures are numbered consecutively: the first whole lot of `count` within that shard or after it.
    lot = -(-first * size // count)
    with progress(count, "rendering training pictures", "picture") as bar:
        return render(seed, lot, count, meta.input, TRAINING_SPLIT, advance=bar.update)


def _record(meta: ModelMeta, kind: str) -> Any:
    if meta.kind != kind or meta.training.get("kind") != "drawn":
        raise DataError(f"the model has no record of its training data; {_HINT}")
    return meta.training
