"""Drawings as a data set: repeatable in any number of processes, fonts disjoint, recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plate_runtime.errors import DataError
from plate_train.characters import synthetic_set
from plate_train.characters.recorded import load_recorded
from plate_train.networks.weights_file import ModelMeta
from plate_train.synthetic.fonts import FontFile


def font(family: str, weight: int, kind: str) -> FontFile:
    return FontFile(Path(f"{family}-{weight}.ttf"), family, weight, "OFL-1.1", f"@fonts/{family}@1.0.0", kind)


FONTS = [
    font(f"{kind}{family}", weight, kind) for kind in ("sans", "mono") for family in range(20) for weight in (4, 7)
]


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fonts: the renderer still has alphabets of its own; chunks are small."""
    monkeypatch.setattr(synthetic_set, "installed_fonts", list)
    monkeypatch.setattr(synthetic_set, "CHUNK", 40)


def test_families_stand_on_one_side_and_every_kind_on_both() -> None:
    train, val = synthetic_set.split_fonts(FONTS, 1)
    assert sorted(map(str, (entry.path for entry in train + val))) == sorted(str(entry.path) for entry in FONTS)
    assert {entry.family for entry in train}.isdisjoint(entry.family for entry in val)
    assert {entry.kind for entry in val} == {"sans", "mono"}
    assert len(val) == 2 * 3 * 2
    assert synthetic_set.split_fonts(FONTS, 1) == (train, val) != synthetic_set.split_fonts(FONTS, 2)


def test_a_single_family_of_a_kind_is_trained_on() -> None:
    train, val = synthetic_set.split_fonts([font("only", 4, "plate"), font("other", 4, "slab")], 1)
    assert len(train) == 2
    assert val == []


def test_chunks_are_the_same_in_any_number_of_processes(strokes: None) -> None:
    alone, together = (synthetic_set.render([], 5, 90, workers) for workers in (1, 2))
    assert alone.digest == together.digest
    assert np.bincount(alone.labels).max() <= 4
    assert synthetic_set.render([], 6, 90).digest != alone.digest
    assert synthetic_set.render([], 5, 40).digest == alone.take(np.arange(40)).digest


def test_train_and_val_differ(strokes: None) -> None:
    train, val = synthetic_set.synthetic_split([], 3, 40, 40)
    assert train.digest != val.digest


def test_recorded_characters_come_again_whole_or_in_part(strokes: None) -> None:
    train, val = synthetic_set.synthetic_split([], 3, 100, 50)
    meta = ModelMeta(training=synthetic_set.record([], 3, train, val))
    again = load_recorded(meta)
    assert [part.digest for part in again] == [train.digest, val.digest]
    part, whole = load_recorded(meta, train_limit=30)
    assert part.digest == train.take(np.arange(40)).digest
    assert whole.digest == val.digest


def test_other_characters_or_fonts_are_not_taken_for_the_recorded(
    strokes: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train, val = synthetic_set.synthetic_split([], 3, 40, 40)
    record = synthetic_set.record([], 3, train, val)
    with pytest.raises(DataError, match="train characters are not those"):
        load_recorded(ModelMeta(training=record | {"drawing_seed": 4}))
    other = FontFile(tmp_path / "new.ttf", "new", 4, "OFL-1.1", "@fonts/new@1.0.0", "sans")
    other.path.write_bytes(b"font")
    monkeypatch.setattr(synthetic_set, "installed_fonts", lambda: [other])
    with pytest.raises(DataError, match="plate-train fonts"):
        load_recorded(ModelMeta(training=record))


def test_record_names_packages_and_licences(tmp_path: Path) -> None:
    nothing = synthetic_set.render([], 1, 0)
    fonts = [
        FontFile(tmp_path / f"{weight}.ttf", "a", weight, "OFL-1.1", "@fonts/a@2.0.0", "sans") for weight in (4, 7)
    ]
    for entry in fonts:
        entry.path.write_bytes(b"font")
    record = synthetic_set.record(fonts, 1, nothing, nothing)
    assert record["fonts"] == {"@fonts/a@2.0.0": "OFL-1.1"}
    assert record["font_licences"] == ["OFL-1.1"]
    fonts[0].path.write_bytes(b"other")
    assert synthetic_set.fonts_digest(fonts) != record["fonts_digest"]
