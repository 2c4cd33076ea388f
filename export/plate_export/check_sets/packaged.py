"""Synthetic pictures in the package, with which shipped networks are calibrated and checked by default.

A set is a sheet of pictures, one file, and a JSON file with their texts and the sheet's digest.
`tools/pack_check_sets.py` makes both.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.preprocess import resize_picture
from plate_train.networks.weights_file import SHIPPED, ModelMeta

from .labelled import CheckSet, Labelled

SETS = Path(__file__).parents[1] / "sets"
NAMES = {"character": "packaged-characters", "plate": "packaged-plates"}
"""Names of the sets, by kind of model."""

_RESULTS = {"character": "accuracy-characters.csv", "plate": "plates.csv"}
_MEASURED = (SETS, Path(__file__).parents[3] / "benchmarks" / "results")
"""Folders with results of real sets: in an installed wheel, in a checkout."""


def is_shipped(digest: str) -> bool:
    """Return whether a `.h5` with this SHA-256 ships with the package."""
    return any(hashlib.sha256(path.read_bytes()).hexdigest() == digest for path in SHIPPED.glob("*.h5"))


def load_packaged(meta: ModelMeta) -> CheckSet:
    """Load the set for a shipped network of characters or plates.

    Raises:
        DataError: the set is missing or damaged.
    """
    sheet, listed = _read(meta.kind)
    height, width, _ = meta.input.shape
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    pictures = sheet.reshape(rows, height, columns, width).swapaxes(1, 2).reshape(-1, height, width)
    name, splits, start = NAMES[meta.kind], {}, 0
    for split in ("train", "val"):
        texts: list[str] = listed[split]
        originals = pictures[start : start + len(texts)]
        chosen = np.stack([resize_picture(picture, meta.input) for picture in originals])
        sources = [f"{name}/{split} {place}" for place in range(len(texts))]
        splits[split] = Labelled(chosen, texts, sources, list(originals) if meta.kind == "plate" else [])
        start += len(texts)
    train, val = splits["train"], splits["val"]
    unseen = np.ones(len(val), bool)
    return CheckSet(f"{name}/val", f"{name}/train", val.digest, train, val, True, unseen, tuple(_notes(meta, listed)))


def _notes(meta: ModelMeta, listed: dict[str, Any]) -> Iterator[str]:
    """Return sentences for the report: the content of the set, and results of real sets."""
    what = "characters" if meta.kind == "character" else "plates"
    of, used, sure, sheet = listed["of"], len(listed["val"]), listed["sure"], listed["sha256"][:16]
    yield (
        f"the check set comes with the package (sheet {sheet}): of the {of} synthetic {what} that the network was "
        f"validated with, {used} that the .h5 reads with a confidence of at least {sure:g}; it shows whether files "
        "read as the .h5 does, real pictures show how well"
    )
    real = [f"{name} {right} of {count}" for name, right, count in real_results(meta)]
    if real:
        yield f"real pictures, measured before with int8 in LiteRT, O=0 and I=1: {', '.join(real)}"


def real_results(meta: ModelMeta) -> list[tuple[str, int, int]]:
    """Return (set, right with O=0 and I=1, count) of the real sets that the shipped int8 file was measured on."""
    file = next((found for folder in _MEASURED if (found := folder / _RESULTS[meta.kind]).is_file()), None)
    if file is None:
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if _is_of(row, meta)]
    return [(row["set"], int(row["folded"]), int(row["count"])) for row in rows]


def _is_of(row: dict[str, str], meta: ModelMeta) -> bool:
    if meta.kind == "character":  # the table of the one model that ships
        return row["interpreter"].startswith("litert") and row["precision"] == "int8"
    return row["reader"] == f"{meta.name}-{meta.version}-int8.tflite in litert"


def _read(kind: str) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Return the sheet, uint8 (h, w), and what its JSON file lists."""
    file = SETS / f"{kind}.json"
    try:
        listed: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        sheet = SETS / listed["sheet"]
        found = hashlib.sha256(sheet.read_bytes()).hexdigest()
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(f"{file} is missing or damaged; install plate-edge again, or name data with --data") from error
    if found != listed["sha256"]:
        raise DataError(f"{sheet} is damaged; install plate-edge again, or name data with --data")
    return open_picture(sheet).gray(), listed
