"""The recorded data of a model, found again or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from small_glyphs import glyph, load_split

from plate_runtime.errors import DataError
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.recorded import load_recorded
from plate_train.networks.weights_file import ModelMeta


def recorded(folder: Path, train: CharacterSet, val: CharacterSet) -> ModelMeta:
    sets = {name: {"digest": part.digest} for name, part in (("train", train), ("val", val))}
    return ModelMeta(training={"kind": "folders", "path": str(folder), "sets": sets})


def test_recorded_split_is_recreated(small_folder: Path) -> None:
    train, val = load_split(small_folder)
    again = load_recorded(recorded(small_folder, train, val))
    assert [part.digest for part in again] == [train.digest, val.digest]


def test_changed_data_is_not_taken_for_the_recorded(own_folder: Path) -> None:
    meta = recorded(own_folder, *load_split(own_folder))
    (own_folder / "val/class_A/20.png").unlink()
    Image.fromarray(glyph("A", 9)).save(own_folder / "val/class_A/20.png")
    with pytest.raises(DataError, match="val is not the data"):
        load_recorded(meta)


@pytest.mark.parametrize(
    "training", [{}, {"kind": "folders"}, {"kind": "drawn"}, {"kind": "folders", "path": 3, "sets": 3}]
)
def test_incomplete_records_are_data_errors(training: dict[str, object]) -> None:
    with pytest.raises(DataError, match="--data"):
        load_recorded(ModelMeta(training=training))
