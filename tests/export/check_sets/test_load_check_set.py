from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_glyphs import load_split

from plate_export.check_sets.load_check_set import classes_in, load_check_set
from plate_export.source import Source
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_runtime.labels import read_class_folders, set_digest
from plate_train.characters.datasets import CharacterSet
from plate_train.networks.weights_file import ModelMeta

from ..conftest import TRAIN, VAL, write_classes


def test_a_folder_is_named_and_digested_as_plate_eval_does(data: Path) -> None:
    found = load_check_set(ModelMeta(), data)
    assert found.name == f"{data.name}/val"
    assert found.digest == set_digest(read_class_folders(data / "val"))
    assert (len(found.train), len(found.val)) == (36 * TRAIN, 36 * VAL)
    assert found.val.texts == [character for character in ALPHABET for _ in range(VAL)]
    assert found.unseen.all()
    assert not found.synthetic


def test_the_recorded_split_is_found_again(own_source: Source, data: Path) -> None:
    recorded, named = load_check_set(own_source.meta, None), load_check_set(own_source.meta, data)
    assert recorded.digest == named.digest
    assert np.array_equal(recorded.val.pictures, named.val.pictures)


def test_data_that_changed_since_is_refused(own_source: Source, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    meta = dataclasses.replace(own_source.meta, training={**own_source.meta.training, "path": str(copy)})
    load_check_set(meta, None)
    shutil.copy(copy / "val" / "class_A" / "20.png", copy / "val" / "class_B" / "20.png")
    with pytest.raises(DataError, match="not the data that was recorded"):
        load_check_set(meta, None)


def test_labels_follow_the_order_of_the_model(data: Path) -> None:
    backwards = load_check_set(ModelMeta(alphabet=ALPHABET[::-1]), data)
    forwards = load_check_set(ModelMeta(), data)
    assert backwards.digest == forwards.digest
    assert sorted(backwards.val.texts) == sorted(forwards.val.texts)


def test_pictures_of_the_training_split_are_marked(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    shutil.copy(copy / "train" / "class_A" / "00.png", copy / "val" / "class_A" / "99.png")
    found = load_check_set(ModelMeta(), copy)
    assert [found.val.sources[place][-14:] for place in np.flatnonzero(~found.unseen)] == ["class_A/99.png"]


def test_classes_without_pictures_are_said_and_left_out(tmp_path: Path) -> None:
    characters = ALPHABET.replace("I", "").replace("Q", "")
    for split, numbers in (("train", range(2)), ("val", range(20, 21))):
        write_classes(tmp_path / "british" / split, numbers, characters)
    found = load_check_set(ModelMeta(), tmp_path / "british")
    assert "no pictures of I, Q" in found.notes[0]
    assert "".join(found.val.texts) == characters


def test_folders_without_a_split_are_split_equally_every_time(tmp_path: Path) -> None:
    write_classes(tmp_path / "all", range(12), "AB")
    first, again = (load_check_set(ModelMeta(), tmp_path / "all") for _ in range(2))
    assert first.digest == again.digest
    assert len(first.train) + len(first.val) == 24
    assert not {*first.train.sources} & {*first.val.sources}


def test_classes_the_model_does_not_know_are_refused(data: Path) -> None:
    with pytest.raises(DataError, match="classes A, B, C"):
        load_check_set(ModelMeta(alphabet="0123456789"), data)


def test_an_empty_class_folder_is_refused(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    for picture in (copy / "val" / "class_Q").iterdir():
        picture.unlink()
    with pytest.raises(DataError, match="class_Q"):
        load_check_set(ModelMeta(), copy)


def test_folders_in_small_letters_are_classes_too(data: Path, tmp_path: Path) -> None:
    for split in ("train", "val"):
        for folder in (data / split).iterdir():
            shutil.copytree(folder, tmp_path / split / f"Class-{folder.name[-1].lower()}")
    assert load_check_set(ModelMeta(), tmp_path).digest == load_check_set(ModelMeta(), data).digest


def test_a_folder_whose_name_is_not_unicode_gets_a_name_that_can_be_recorded(data: Path, tmp_path: Path) -> None:
    strange = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
    shutil.copytree(data, strange)
    assert load_check_set(ModelMeta(), strange).name == r"\udcff/val"


def test_labels_csv_says_which_classes_there_are(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,text\na.png,A\nb.png,7\n")
    assert classes_in(tmp_path) == {"A", "7"}


def test_a_synthetic_set_is_named_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, val = load_split(data)
    asked: list[int | None] = []

    def drawn_again(_meta: ModelMeta, train_limit: int | None) -> tuple[CharacterSet, CharacterSet]:
        asked.append(train_limit)
        return train, val

    monkeypatch.setattr("plate_export.check_sets.load_check_set.load_recorded", drawn_again)
    found = load_check_set(ModelMeta(training={"kind": "drawn"}), None, 360)
    assert (found.name, found.train_name) == ("drawn-characters/val", "drawn-characters/train")
    assert (found.synthetic, found.digest) == (True, val.digest)
    assert asked == [360]
