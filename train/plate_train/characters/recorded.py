"""The data that a model was trained on, found again by what its file recorded of it."""

from __future__ import annotations

from pathlib import Path

from plate_runtime.errors import DataError, damage_as

from ..networks.weights_file import ModelMeta
from .datasets import CharacterSet, load_folder
from .synthetic_set import recorded_characters


def load_recorded(meta: ModelMeta, train_limit: int | None = None) -> tuple[CharacterSet, CharacterSet]:
    """Re-create the (train, val) split that a model was trained on, from what its file recorded.

    `train_limit`: of synthetic characters, only about this many are rendered again, to save time.

    Raises:
        DataError: nothing was recorded, the data is gone, or its digests are not the recorded ones.
    """
    kind = meta.training.get("kind")
    if kind == "folders":
        return _recorded_folders(meta)
    if kind == "drawn":
        return recorded_characters(meta.training, train_limit)
    raise DataError("the model does not say what it was trained on; name its data with --data DIR")


def _recorded_folders(meta: ModelMeta) -> tuple[CharacterSet, CharacterSet]:
    with damage_as(DataError, "the model's record of its training data is incomplete; name the data with --data DIR"):
        folder = Path(meta.training["path"])
        expected = {name: meta.training["sets"][name]["digest"] for name in ("train", "val")}
        if not str(folder).isprintable():
            raise ValueError("not the name of a folder")
    data = load_folder(folder, meta.input, meta.alphabet, meta.script)
    train, val = data.train.characters, data.val.characters
    for name, split in (("train", train), ("val", val)):
        if split.digest != expected[name]:
            raise DataError(
                f"{folder}: {name} is not the data that was recorded; restore it, or name other data with --data"
            )
    return train, val
